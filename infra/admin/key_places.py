"""Where a ring of signing keys is kept: a parameter of SSM or a secret of Secrets Manager.

Two operators may change it at once, and no key that one of them has added is lost.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from botocore.exceptions import ClientError

from infra.admin.errors import Refused
from infra.admin.rings import Edit, Ring, merged, read_ring
from infra.admin.stage import SERVICE, Stage, error_code
from infra.settings import SettingsError

MAX_TRIES = 8
STANDARD_BYTES = 4096  # beyond it, SSM wants the advanced tier, which costs 5 cents a month
ADVANCED_BYTES = 8192
PENDING = "HELIOGRAPH_PENDING"


class KeyPlace(Protocol):
    """One place. `title` says which, for people."""

    @property
    def title(self) -> str: ...

    def read(self) -> Ring:
        """Empty where there is none yet. Raises: SettingsError, ClientError."""

    def change(self, edit: Edit) -> Ring:
        """Stores what `edit` makes of the ring, which it may be asked for more than once, and
        returns it. Raises: what `edit` does, SettingsError, ClientError."""


class Parameter:
    """A SecureString. SSM knows no condition, so a writer looks at the number that its version has
    got: where one is missing, somebody else's was overwritten. It is still in the history, is
    merged, and written again."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.title = f"parameter {name}"
        self._name = name

    def read(self) -> Ring:
        return self._read()[0]

    def change(self, edit: Edit) -> Ring:
        base, version = self._read()
        ring = edit(base)
        written = self._write(ring, version)
        while written > version + 1:
            for missed in range(version + 1, written):
                ring = merged(base, ring, self._at(f":{missed}")[0])
            ring, version = edit(ring), written
            written = self._write(ring, version)
        return ring

    def _read(self) -> tuple[Ring, int]:
        try:
            return self._at("")
        except ClientError as error:
            if error_code(error) != "ParameterNotFound":
                raise
            return {}, 0

    def _at(self, selector: str) -> tuple[Ring, int]:
        answer = self._client.get_parameter(Name=self._name + selector, WithDecryption=True)
        return read_ring(answer["Parameter"]["Value"]), int(answer["Parameter"]["Version"])

    def _write(self, ring: Ring, version: int) -> int:
        text = json.dumps(ring, separators=(",", ":"))
        if len(text) > ADVANCED_BYTES:
            raise Refused(f"{self.title}: no room for so many keys; retire or drop some first")
        tier = {"Tier": "Advanced"} if len(text) > STANDARD_BYTES else {}
        with _unquoted():
            answer = self._client.put_parameter(
                Name=self._name, Value=text, Type="SecureString", Overwrite=True, **tier
            )
        return int(answer["Version"])


class Secret:
    """A secret's version is written beside the current one, and made the current one if that is
    still the one that was read."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.title = f"secret {name}"
        self._name = name

    def read(self) -> Ring:
        return self._read()[0]

    def change(self, edit: Edit) -> Ring:
        for _ in range(MAX_TRIES):
            base, version = self._read()
            ring = edit(base)
            if self._create(ring) if version is None else self._replace(ring, version):
                return ring
        raise Refused(f"{self.title}: others never stop changing it")

    def _read(self) -> tuple[Ring, str | None]:
        try:
            answer = self._client.get_secret_value(SecretId=self._name, VersionStage="AWSCURRENT")
        except ClientError as error:
            if error_code(error) != "ResourceNotFoundException":
                raise
            return {}, None
        return read_ring(answer["SecretString"]), str(answer["VersionId"])

    def _create(self, ring: Ring) -> bool:
        with _unquoted():
            try:
                self._client.create_secret(Name=self._name, SecretString=json.dumps(ring))
            except ClientError as error:
                if error_code(error) != "ResourceExistsException":
                    raise
                return False
        return True

    def _replace(self, ring: Ring, version: str) -> bool:
        with _unquoted():
            written = self._client.put_secret_value(
                SecretId=self._name, SecretString=json.dumps(ring), VersionStages=[PENDING]
            )
        try:
            self._client.update_secret_version_stage(
                SecretId=self._name,
                VersionStage="AWSCURRENT",
                MoveToVersionId=written["VersionId"],
                RemoveFromVersionId=version,
            )
        except ClientError as error:
            if error_code(error) != "InvalidParameterException":
                raise
            return False
        return True


@contextmanager
def _unquoted() -> Iterator[None]:
    """AWS's text may quote what it was given, so of an error only its code is told."""
    try:
        yield
    except ClientError as error:
        said = f"{error.operation_name} answers {error_code(error)}"
        raise SettingsError(f"the keys were not written: {said}") from None


def find_place(stage: Stage, parameter: str | None, secret: str | None) -> KeyPlace:
    """The one that was named, or that the deployed functions read, or that they will by default.

    Raises: SettingsError, ClientError.
    """
    if not (parameter or secret):
        parameter, secret = _read_by_functions(stage)
    if secret:
        return Secret(stage.client("secretsmanager"), secret)
    return Parameter(stage.client("ssm"), str(parameter))


def default_parameter(stage: Stage) -> str:
    """As serverless.yml names it."""
    return f"/{SERVICE}/{stage.name}/jwt-keys"


def _read_by_functions(stage: Stage) -> tuple[str | None, str | None]:
    try:
        variables = stage.environment()
    except SettingsError:  # the first deploy is still to come
        return default_parameter(stage), None
    if variables.get("JWT_KEYS"):
        raise SettingsError("the stage has its keys in serverless.yml (jwtKeys): change them there")
    parameter, secret = variables.get("JWT_KEYS_PARAMETER"), variables.get("JWT_KEYS_SECRET")
    if not (parameter or secret):
        raise SettingsError("neither JWT_KEYS_PARAMETER nor JWT_KEYS_SECRET is set")
    return parameter, secret
