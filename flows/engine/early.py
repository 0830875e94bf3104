"""Begins the fork server's process. It imports next to nothing, so that the two load side by side from the start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

Begun = tuple["subprocess.Popen[bytes]", socket.socket]


def fork_server() -> Begun:
    """The process, and our end of the socket to it; closing that ends it."""
    ours, theirs = socket.socketpair()
    told = [str(theirs.fileno()), str(os.getpid())]
    server = subprocess.Popen(
        [sys.executable, "-P", "-m", "wattwire.flows.engine.forkserver", *told], pass_fds=(theirs.fileno(),),
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip
    theirs.close()
    ours.setblocking(False)
    return server, ours
