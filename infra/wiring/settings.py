"""What the environment says; the tables are named by it."""

from infra.settings import Settings, read_settings
from infra.tables import bind
from infra.wiring import part


@part
def settings() -> Settings:
    """Also names the tables, which nobody can reach without a setting."""
    read = read_settings()
    bind(read.table_prefix, read.region)
    return read
