"""Why a command did not do what it was asked for, beside what notify and AWS say."""


class Refused(Exception):
    """It was looked at and not done; the message says why and what to do. Exit code 1."""
