from notify.messages import TYPES
from tests.notify.conftest import World


def test_every_type_of_message_has_a_verb(world: World) -> None:
    assert set(world.verbs) == set(TYPES.values())
