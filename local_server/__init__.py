"""Plays Amazon API Gateway on a laptop, in front of unchanged Lambda handlers."""
