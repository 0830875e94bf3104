"""What goes on meanwhile, for those who wait; apart from the table, so that it can be sent elsewhere."""

import sys
import time

BEGAN = time.monotonic()


def say(what: str) -> None:
    print(f"{time.monotonic() - BEGAN:6.0f} s  {what}", file=sys.stderr, flush=True)


def loud(what: str) -> None:
    """Something is left out, and nobody shall overlook it."""
    print(f"\n*** {what} ***\n", file=sys.stderr, flush=True)
