"""What an operator does from a shell, under their own credentials: one noun a module."""
