"""Tests of the commands, a file each."""
