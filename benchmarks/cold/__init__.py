"""A process that starts cold, and the handler that it is compared with."""
