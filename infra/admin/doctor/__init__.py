"""What is wrong with a deployed stage: one thing to look at a module."""
