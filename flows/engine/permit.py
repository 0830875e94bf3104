"""Whether a node may connect: one that is thrown off the broker may be another supervisor's by now.

MQTT 3.1.1 does not say why a connection ends. The supervisor hears who owns what, so each node asks it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wattwire.broker.link import Link
from wattwire.broker.pause import Pause


class Permit(Pause):
    """The pauses of a node's link: once a connection is lost, the next waits for the supervisor's word."""

    def __init__(self, tell: Callable[[dict[str, Any]], None], link: Link) -> None:
        super().__init__()
        self._tell, self._link = tell, link
        self.given = True  # the first time: the supervisor has just said that the node is its own

    def until(self, why: str, was_up: bool) -> float | None:
        due = super().until(why, was_up)
        if was_up:
            self.given = False
            self._tell({"parted": why})
        return due if self.given else None

    def heard(self, given: bool | None) -> None:
        """The supervisor's word; None: it said nothing of it."""
        if given is not None:
            self.given = given
            if given:
                self._link.connect()
                self._link.wake()  # where nodes share a loop, its next turn may be seconds away
