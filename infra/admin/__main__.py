"""`python -m infra.admin`."""

import sys

from infra.admin.command_line import main

if __name__ == "__main__":
    sys.exit(main())
