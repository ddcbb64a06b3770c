"""The names that a template gives."""

from typing import NewType

FunctionName = NewType("FunctionName", str)  # the key under `functions:`
LogicalId = NewType("LogicalId", str)  # the key under `Resources:`
