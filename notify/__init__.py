"""The rules of Heliograph: no AWS, no environment, no clock, no log."""
