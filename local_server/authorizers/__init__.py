"""Authorizers: who may pass, before a function is invoked for the route itself."""
