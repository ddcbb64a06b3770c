"""Whether the tables can be read."""

from infra.stores.users import DynamoUsers
from infra.wiring.settings import settings
from notify.model import Username


def check_store() -> None:
    """Raises: Unavailable if the tables cannot be read."""
    settings()
    DynamoUsers().get(Username("healthz"))
