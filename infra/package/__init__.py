"""`python -m infra.package`: the zip that Lambda runs, the same byte for byte each time."""


class PackageError(Exception):
    """The text says why there is no package, and what to do about it."""
