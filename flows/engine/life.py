"""A node's life: in a process of its own, from its first turn to its last."""

from __future__ import annotations

import socket

from .actor import where
from .birth import BUG
from .host import Host
from .setup import Setup


def run(setup: Setup, channel: socket.socket) -> int:
    """The whole life of a node's process. Returns its exit code."""
    channel.settimeout(2.0)
    host = Host(setup, channel)
    try:
        host.begin()
        while host.turn(host.patience()):
            pass
    except Exception as wrong:
        return broke(host, wrong)
    return 0


def broke(host: Host, wrong: Exception) -> int:
    """A bug has ended it: said, without what the node was given."""
    host.link.step(0)  # what was done before is on its way
    host.lifeline.log("error", f"crashed: {where(wrong)}")
    return BUG
