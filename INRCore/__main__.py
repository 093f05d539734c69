"""`python -m INRCore`."""

import sys

from .command_line.main import main
from .process import keep_freed_memory

if __name__ == "__main__":
    keep_freed_memory()
    sys.exit(main())
