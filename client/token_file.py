"""The tokens that `login` keeps on this computer, readable by their owner alone."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from .fields import Body, mapping, number, text


@dataclass(frozen=True, slots=True)
class SavedToken:
    """A token, and when it ends in seconds since 1970."""

    user: str
    token: str
    expires_at: int

    @classmethod
    def read(cls, user: str, body: Body) -> Self:
        return cls(user, text(body, "token"), number(body, "expires_at") or 0)


class TokenFile:
    """Tokens by URL and user; the last login at a URL is the one that counts unasked."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def of_user(cls, env: Mapping[str, str]) -> Self:
        config = env.get("XDG_CONFIG_HOME") or Path(env.get("HOME") or Path.home(), ".config")
        return cls(Path(config, "heliograph", "tokens.json"))

    def find(self, url: str, user: str | None = None) -> SavedToken | None:
        """The token of `user`, or of whoever logged in last; None if nobody did."""
        logins = mapping(self._load(), url)
        name = user or text(logins, "last")
        saved = mapping(mapping(logins, "users"), name)
        return SavedToken.read(name, saved) if saved else None

    def save(self, url: str, saved: SavedToken) -> None:
        tokens = self._load()
        users = dict(mapping(mapping(tokens, url), "users"))
        users[saved.user] = {"token": saved.token, "expires_at": saved.expires_at}
        self._store({**tokens, url: {"last": saved.user, "users": users}})

    def _load(self) -> Body:
        try:
            tokens = json.loads(self.path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return {}
        return tokens if isinstance(tokens, dict) else {}

    def _store(self, tokens: Body) -> None:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = self.path.with_name(f"{self.path.name}.{os.getpid()}")
        # Born 0600, never widened and narrowed again: nobody may open it in between.
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(tokens, file, indent=2)
        draft.replace(self.path)
