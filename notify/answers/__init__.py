"""What the HTTP API answers: one struct a body."""
