"""One file a Lambda function: the event comes in, one call is made, the answer goes out."""

import gc

from notify.missing import missing

# What a cold start makes stays. To look for garbage in it takes a sixth of the start; the edge lets
# the collector begin behind the first invocation.
gc.disable()

# msgspec takes typing_extensions where some library has brought it along, though `typing` has all
# that it looks for, and with it comes `inspect`: a tenth of a start.
with missing("typing_extensions"):
    import msgspec  # noqa: F401
