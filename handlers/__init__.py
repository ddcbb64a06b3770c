"""One file a Lambda function: the event comes in, one call is made, the answer goes out."""

import gc

# What a cold start makes stays. To look for garbage in it takes a sixth of the start; the edge lets
# the collector begin behind the first invocation.
gc.disable()
