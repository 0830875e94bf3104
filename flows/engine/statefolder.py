"""The state folder: what outlives a run. For its owner's eyes only; where that cannot be, refused with a reason."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import tempfile
import threading
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from wattwire.broker.envelope import parse

RUNNING = "broker.json"
BUDGETS = "budgets.db"
BEGINNING = threading.Lock()  # else one thread locks what another is about to close


class Unusable(Exception):
    """The folder cannot be used; the text says why and what to do."""


def default() -> Path:
    home = os.environ.get("XDG_STATE_HOME") or str(Path.home() / ".local" / "state")
    return Path(home) / "wattwire"


def prepare(folder: Path) -> Path:
    """Make the folder, and check that what is written there stays. Raises Unusable."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(65536))
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as wrong:
        raise Unusable(f"the state folder {folder} cannot be used: {why(wrong)}") from None
    return folder


def why(wrong: OSError) -> str:
    match wrong.errno:
        case errno.ENOSPC | errno.EDQUOT:
            return "the disk is full"
        case errno.EACCES | errno.EPERM:
            return "we may not write there; name another with --state DIR"
        case errno.EROFS:
            return "it is on a disk that is read-only; name another with --state DIR"
        case errno.ENOTDIR | errno.EEXIST:
            return "there is a file in its place"
        case _:
            return wrong.strerror or str(wrong)


def write(file: Path, value: Any) -> None:
    """Wholly or not at all. Raises Unusable."""
    beside = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
            json.dump(value, out)
            out.flush()
            os.fsync(out.fileno())
        beside.replace(file)
    except OSError as wrong:
        with contextlib.suppress(OSError):
            beside.unlink()
        raise Unusable(f"{file} cannot be written: {why(wrong)}") from None


def read(file: Path) -> dict[str, Any]:
    """What stands there; nothing, where there is nothing that can be read."""
    try:
        value = parse(file.read_text())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def begin(file: Path) -> None:
    """An empty file for its owner's eyes only, unless there is one. That one is let be: whoever opens a database and
    closes it again drops all the locks that his process has on it. Raises OSError."""
    with BEGINNING, contextlib.suppress(FileExistsError):
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def alive(pid: object) -> bool:
    """Whether it runs; one that has ended but was not yet collected does not."""
    if not isinstance(pid, int) or not 0 < pid < 2**31:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        pass  # somebody else's
    with contextlib.suppress(OSError, IndexError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    return True


def note(root: Path, flows: Iterable[str], told: Mapping[str, Any]) -> None:
    """Write down where these flows run. Raises Unusable."""
    for flow in flows:
        write(root / flow / RUNNING, {**told, "flow": flow})


def forget(root: Path, flows: Iterable[str]) -> None:
    """Take back what this process wrote down."""
    for flow in flows:
        if read(root / flow / RUNNING).get("pid") == os.getpid():
            with contextlib.suppress(OSError):
                (root / flow / RUNNING).unlink()


def running(root: Path, flow: str) -> Mapping[str, Any] | None:
    """What `wattwire run` wrote about the flow it runs here: `url`, `pid`, `admin`. None if it runs no more."""
    told = read(root / flow / RUNNING)
    return told if told.get("url") and alive(told.get("pid")) else None
