"""The processes behind an embedded store: which programs, how they run, what they keep."""
