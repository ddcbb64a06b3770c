"""Passwords: hashed with bcrypt, checked in the same time whether or not the user exists."""

from notify.errors import Invalid

MAX_BYTES = 72
MIN_CHARACTERS = 8


def parse_password(text: str) -> bytes:
    """The bytes to hash. Raises: Invalid for what bcrypt would refuse or silently shorten."""
    if len(text) < MIN_CHARACTERS:
        raise Invalid(f"password: at least {MIN_CHARACTERS} characters")
    return _encode(text)


def _encode(text: str) -> bytes:
    try:
        password = text.encode()
    except UnicodeEncodeError:  # a lone surrogate, which JSON can spell
        raise Invalid("password: not valid Unicode") from None
    if len(password) > MAX_BYTES:
        raise Invalid(f"password: longer than {MAX_BYTES} bytes in UTF-8")
    if b"\0" in password:
        raise Invalid("password: must not contain a NUL")
    return password


class PasswordHasher:
    """bcrypt at one cost; 12 takes about a quarter of a second of a core."""

    def __init__(self, cost: int = 12) -> None:
        self._cost = cost
        # Checked where there is no user, so that the answer takes as long as a wrong password's.
        # An all-zero salt and digest: well-formed, and the hash of nothing.
        self._decoy = f"$2b${cost:02}$" + "." * 53

    def hash(self, text: str) -> str:
        """Raises: Invalid."""
        import bcrypt  # here, for few functions ever see a password

        return bcrypt.hashpw(parse_password(text), bcrypt.gensalt(self._cost)).decode()

    def check(self, text: str, password_hash: str | None) -> bool:
        """Whether the password is the hashed one. None stands for a user who does not exist.

        Raises: Invalid for a password that can be nobody's.
        """
        import bcrypt

        matches = bcrypt.checkpw(_encode(text), (password_hash or self._decoy).encode())
        return matches and password_hash is not None
