"""A state folder as text, small enough to be kept beside the tests; and a release of ours as it was, out of git."""

from __future__ import annotations

import base64
import json
import os
import re
import sqlite3
import subprocess
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from shutil import copy
from typing import Any

HOUSE = Path(__file__).resolve().parents[2]
GONE = re.compile(r"-wal$|-shm$|\.lock$|\.sock$|\.pid$|\.log$|\.conf$|(^|/)broker\.json$")
"""What no later process reads, or could."""
BLOB = re.compile(r"\bX'([0-9A-F]+)'")


@dataclass(frozen=True)
class Kept:
    """What a release left behind when everything was killed at once. Its tokens are a simulator's, worth nothing."""

    release: str
    at: str  # the instant of its death
    flow: str
    files: Mapping[str, list[str]]  # path -> lines: SQL for a database, base64 for what is no text

    @property
    def died(self) -> datetime:
        return datetime.fromisoformat(self.at)

    def write(self, path: Path) -> None:
        path.write_text(json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n")


def read(path: Path) -> Kept:
    return Kept(**json.loads(path.read_text()))


def packed(folder: Path) -> dict[str, list[str]]:
    """Every file of a state folder that nobody uses any more."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or GONE.search(name):
            continue
        data = path.read_bytes()
        if data.startswith(b"SQLite format 3"):
            found[name] = list(_dumped(path))
        elif b"\0" in data:
            found[name] = _folded(base64.b85encode(zlib.compress(data, 9)).decode())
        else:
            found[name] = data.decode().rstrip().splitlines()
    return found


def unpacked(files: Mapping[str, list[str]], folder: Path) -> None:
    """As a crash would have left them."""
    for name, lines in files.items():
        path = folder / name
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if name.endswith(".db") and lines and lines[0].startswith("BEGIN"):
            with sqlite3.connect(path) as db:
                db.executescript("\n".join(lines))
        elif name.endswith("mosquitto.db"):
            path.write_bytes(zlib.decompress(base64.b85decode("".join(lines))))
        else:
            path.write_text("\n".join(lines) + ("" if name.endswith(".epoch") else "\n"))
        path.chmod(0o600)


def released(commit: str, folder: Path) -> Path:
    """What to put on the Python path to run a release as it was. Raises CalledProcessError without git's history."""
    source, path = folder / "source", folder / "path" / "wattwire"
    source.mkdir(parents=True)
    path.mkdir(parents=True)
    archive = subprocess.run(["git", "archive", commit, "nodes", "flows", "broker"], cwd=HOUSE, check=True,
                             capture_output=True)  # fmt: skip
    subprocess.run(["tar", "x", "-C", str(source)], input=archive.stdout, check=True)
    for noun in ("nodes", "flows", "broker"):
        (path / noun).symlink_to(source / noun)
    return path.parent


def snapshot(store: Path) -> dict[str, Any]:
    """What a node has kept of its state."""
    with _copied(store) as db:
        (text,) = db.execute("SELECT value FROM kept WHERE name = 'snapshot'").fetchone()
    found = json.loads(text)["state"]
    assert isinstance(found, dict)
    return found


def _dumped(path: Path) -> Iterator[str]:
    with _copied(path) as db:
        yield from (BLOB.sub(_readable, line) for line in db.iterdump())


@contextmanager
def _copied(path: Path) -> Iterator[sqlite3.Connection]:
    """With what stands in its log yet. The file itself is changed by nobody but its node, which lets no other in."""
    with tempfile.TemporaryDirectory() as made:
        for part in ("", "-wal"):
            if os.path.exists(f"{path}{part}"):
                copy(f"{path}{part}", f"{made}/it.db{part}")
        with closing(sqlite3.connect(f"{made}/it.db")) as db:
            yield db


def _readable(blob: re.Match[str]) -> str:
    text = bytes.fromhex(blob[1]).decode().replace("'", "''")
    return f"CAST('{text}' AS BLOB)"


def _folded(text: str, width: int = 110) -> list[str]:
    return [text[i : i + width] for i in range(0, len(text), width)]
