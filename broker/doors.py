"""Where a private broker can be reached: a free port of this machine, and a place for a unix socket."""

from __future__ import annotations

import contextlib
import os
import socket
import tempfile
from pathlib import Path

from .tether import BrokerFailed

ROOM = 108 - 1  # bytes of a unix socket's path


def free_port(wanted: int) -> int:
    for port in (wanted, 0):
        with socket.socket() as sock, contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind(("127.0.0.1", port))
            sock.listen(1)
            return int(sock.getsockname()[1])
    raise BrokerFailed("no port is free on 127.0.0.1")


def place_for_socket(folder: Path) -> tuple[str, Path | None]:
    """In the state folder; where its path is too long or its file system takes no sockets, in a folder of our own."""
    path = folder / "mqtt.sock"
    if fits(path):
        return str(path), None
    for base in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):
        if base and Path(base).is_dir() and fits(Path(base) / f"wattwire-{os.getpid()}.probe"):
            runtime = Path(tempfile.mkdtemp(prefix="wattwire-", dir=base))
            return str(runtime / "mqtt.sock"), runtime
    raise BrokerFailed(f"no place for a unix socket, neither in {folder} nor in {tempfile.gettempdir()}")


def fits(path: Path) -> bool:
    if len(os.fsencode(path)) > ROOM or any(c.isspace() for c in str(path)):  # mosquitto's file knows no quotes
        return False
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as sock, contextlib.suppress(OSError):
        sock.bind(str(path))
        path.unlink()
        return True
    return False


def greets(where: int | str) -> bool:
    """Whether a broker answers there: on a port of this machine, or on a socket's path."""
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX if isinstance(where, str) else socket.AF_INET) as sock,
    ):
        sock.settimeout(1)
        sock.connect(where if isinstance(where, str) else ("127.0.0.1", where))
        sock.sendall(b"\x10\x0c\x00\x04MQTT\x04\x02\x00\x0a\x00\x00")
        return sock.recv(4) == b"\x20\x02\x00\x00"
    return False
