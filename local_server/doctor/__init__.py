"""What would keep the emulator from running: looked at, said plainly, and left as it was."""
