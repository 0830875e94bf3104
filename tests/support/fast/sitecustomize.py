"""Node processes wait for the wall clock; where that runs fast (fast.c), they have to wait shorter."""

import os
import sys
from collections.abc import Callable
from functools import wraps
from time import time
from typing import Any

SPEED, SEEN = int(os.environ.get("FAST_SPEED", "1")), int(os.environ.get("FAST_SEEN", "0"))


def _shorter(kind: type, name: str, of: Callable[[Any], float], to: Callable[[Any, float], Any]) -> None:
    """Let a method that says when something is due name a time so near that the true wait is right."""
    asked = getattr(kind, name)

    @wraps(asked)
    def nearer(self: object) -> Any:
        due = asked(self)
        if due is None or (left := of(due) - time()) <= 0:
            return due
        return to(due, left - left / SPEED)

    setattr(kind, name, nearer)


if SPEED > 1 and any("forkserver" in word for word in sys.orig_argv):
    from datetime import timedelta

    from wattwire.flows.engine import seen

    if SEEN:  # what fills up in the end shall be full soon; before anybody else takes the numbers
        seen.LEAST, seen.AGAIN = SEEN, seen.AGAIN / SPEED

    from wattwire.flows.engine.edges import Carrier
    from wattwire.flows.engine.timers import Timers

    _shorter(Timers, "next", float, lambda due, by: due - by)
    _shorter(Carrier, "next_due", lambda due: due.timestamp(), lambda due, by: due - timedelta(seconds=by))
