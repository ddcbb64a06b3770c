"""A load on the service: many connections, notifications at a rate, and what was measured."""
