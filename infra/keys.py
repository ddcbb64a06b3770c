"""Our own signing keys: read once in a while, and at once when a token names one we do not know."""

from collections.abc import Callable, Sequence

from infra.log import log
from infra.settings import SettingsError
from notify.ports import Clock
from notify.tokens import Key, Keyring, KeySource

KEPT_MS = 5 * 60 * 1000
# A token with an unknown key id makes us look again, as keys rotate; a flood of them does not.
REREAD_MS = 30 * 1000


class KeysNotRead(Exception):
    """Where they are kept does not answer, or does not show them."""


class OwnKeys:
    """Keys are put into a parameter or a secret and taken out of it, and nothing is deployed.

    They are read when first asked for: a function that only looks at accounts may not read them.
    """

    def __init__(self, read: Callable[[], Sequence[Key]], clock: Clock) -> None:
        self._read = read
        self._clock = clock
        self._keyring: Keyring | None = None
        self._read_at = 0

    def known(self, key_id: str | None) -> Key | None:
        """The key, if the last reading has it; a new one is not looked for."""
        return self._read_within(KEPT_MS).find(key_id)

    def find(self, key_id: str | None) -> Key | None:
        key = self.known(key_id)
        if key is not None:
            return key
        return self._read_within(REREAD_MS).find(key_id)

    def signing_key(self) -> Key:
        """Raises: LookupError where every key can only verify."""
        return self._read_within(KEPT_MS).signing_key()

    def _read_within(self, age: int) -> Keyring:
        if self._keyring is None:
            self._keyring = Keyring(self._read())
        elif self._clock() - self._read_at <= age:
            return self._keyring
        else:
            self._keyring = self._reread(self._keyring)
        self._read_at = self._clock()
        return self._keyring

    def _reread(self, keyring: Keyring) -> Keyring:
        try:
            return Keyring(self._read())
        except (SettingsError, KeysNotRead) as error:
            # What was good a moment ago is better than nobody's being let in.
            log("keys_not_read", level="error", error=type(error.__cause__ or error).__name__)
            return keyring


class AnyKeys:
    """Our own keys first, then the identity provider's, then our own once more, read anew: a token
    of the provider's is no reason to look for a new key of ours."""

    def __init__(self, own: OwnKeys, theirs: KeySource) -> None:
        self._own = own
        self._theirs = theirs

    def find(self, key_id: str | None) -> Key | None:
        return self._own.known(key_id) or self._theirs.find(key_id) or self._own.find(key_id)
