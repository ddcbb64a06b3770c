"""What the service and the emulator cost, each figure beside a baseline of the same run."""
