"""Event sources: what invokes functions without a client, each running until it is cancelled."""

from local_server.sources.mappings import Source, make_sources

__all__ = ["Source", "make_sources"]
