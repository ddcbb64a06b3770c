import pytest

from infra.keys import KEPT_MS, REREAD_MS, AnyKeys, KeysNotRead, OwnKeys
from infra.settings import SettingsError
from notify.tokens import Key, Keyring, parse_key
from tests.fakes import FakeClock


def key(key_id: str) -> Key:
    return parse_key(key_id, {"alg": "HS256", "key": key_id.ljust(32, "x")}, None, None)


class Parameter:
    """Where the keys are kept, and who counts how often they are read."""

    def __init__(self, *key_ids: str) -> None:
        self.key_ids = key_ids
        self.read = 0
        self.fails: Exception | None = None

    def __call__(self) -> list[Key]:
        self.read += 1
        if self.fails is not None:
            raise self.fails
        return [key(key_id) for key_id in self.key_ids]


@pytest.fixture
def parameter() -> Parameter:
    return Parameter("old")


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def own(parameter: Parameter, clock: FakeClock) -> OwnKeys:
    """Read just now."""
    made = OwnKeys(parameter, clock)
    made.signing_key()
    return made


def id_of(found: Key | None) -> str | None:
    return found.id if found else None


def test_keys_are_read_once_in_five_minutes(
    own: OwnKeys, parameter: Parameter, clock: FakeClock
) -> None:
    for _ in range(3):
        assert (id_of(own.find("old")), own.signing_key().id) == ("old", "old")
    assert parameter.read == 1
    clock.advance(KEPT_MS + 1)
    own.signing_key()
    assert parameter.read == 2


def test_a_new_key_is_found_at_once_but_a_flood_of_unknown_ids_does_not_read(
    own: OwnKeys, parameter: Parameter, clock: FakeClock
) -> None:
    clock.advance(REREAD_MS + 1)
    parameter.key_ids = ("new", "old")
    assert [id_of(own.find(each)) for each in ("new", "old")] == ["new", "old"]
    assert own.signing_key().id == "new"
    for number in range(5):
        assert own.find(f"unknown-{number}") is None
    assert parameter.read == 2


def test_a_key_that_was_taken_away_is_worth_nothing_within_five_minutes(
    own: OwnKeys, parameter: Parameter, clock: FakeClock
) -> None:
    parameter.key_ids = ("new",)
    clock.advance(KEPT_MS)
    assert id_of(own.find("old")) == "old"
    clock.advance(1)
    assert own.find("old") is None
    assert own.signing_key().id == "new"


@pytest.mark.parametrize(
    "error",
    [
        SettingsError("JWT_KEYS is not a JSON object of keys by id"),
        KeysNotRead("ssm does not give out the keys"),
    ],
)
def test_keys_that_cannot_be_read_again_are_kept(
    own: OwnKeys,
    parameter: Parameter,
    clock: FakeClock,
    error: Exception,
    capsys: pytest.CaptureFixture[str],
) -> None:
    parameter.fails = error
    clock.advance(KEPT_MS + 1)
    assert own.signing_key().id == "old"
    assert own.find("new") is None
    assert parameter.read == 2
    assert "keys_not_read" in capsys.readouterr().out


def test_keys_that_were_never_read_are_an_error(clock: FakeClock) -> None:
    parameter = Parameter()
    parameter.fails = SettingsError("none is set")
    with pytest.raises(SettingsError):
        OwnKeys(parameter, clock).find("old")


def test_keys_that_nobody_asks_for_are_not_read(parameter: Parameter, clock: FakeClock) -> None:
    OwnKeys(parameter, clock)
    assert parameter.read == 0


def test_a_providers_token_is_no_reason_to_read_ours_again(
    own: OwnKeys, parameter: Parameter, clock: FakeClock
) -> None:
    both = AnyKeys(own, Keyring([key("theirs")]))
    clock.advance(REREAD_MS + 1)
    assert [id_of(both.find(each)) for each in ("theirs", "old")] == ["theirs", "old"]
    assert parameter.read == 1
    parameter.key_ids = ("new",)
    assert id_of(both.find("new")) == "new"
