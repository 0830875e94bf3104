"""A full disk: one sentence says so, everything waits, and nothing that was confirmed is lost."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from watched import Watched

pytestmark = [
    pytest.mark.broker,
    pytest.mark.mosquitto,
]

FLOW = """
flow: full
nodes:
  source: {type: counting, config: {every: 10ms, last: 1000000}}
  last:   {type: ledger}
edges:
  - {from: source.number, to: last.body}
ends: [last.total]
"""
FULL = "(source|last): the disk is full: nothing goes on until there is room"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=False).returncode:
        pytest.skip("a small disk cannot be mounted here: that takes root")
    yield folder
    subprocess.run(["umount", "-l", folder], check=True)


def fill(file: Path) -> None:
    out = os.open(file, os.O_CREAT | os.O_WRONLY)
    try:
        while os.write(out, bytes(4096)):
            pass
    except OSError:
        os.close(out)


def test_on_a_full_disk_everything_waits_and_goes_on_when_there_is_room(disk: Path) -> None:
    run = Watched(disk / "run", FLOW, "--prefer", "mosquitto").early().ready()
    try:
        run.came("last.total", 50)
        fill(disk / "filling")
        told = run.said(FULL, 30)  # by the one that was first, for both
        (disk / "filling").unlink()
        run.said("(source|last): well again after .*: there is room on the disk again")
        run.came("last.total", len(run.sent("last.total")) + 100)
    finally:
        run.close()

    last, number = run.sent("last.total")[-1], {it["id"]: it["body"]["n"] for it in run.sent("source.number")}
    assert [line for line in run.lines if re.search(FULL, line)] == [told]
    assert last["body"] == {"numbers": number[last["cause"]], "twice": 0}
    assert not [line for line in run.lines if "crashed" in line or "exit code" in line]


def test_a_node_that_starts_on_a_full_disk_waits_for_room_and_says_so(disk: Path) -> None:
    run = Watched(disk / "run", FLOW.replace("last: 1000000", "last: 5"), "--prefer", "mosquitto").early().ready()
    held: list[IO[str]] = []
    try:
        run.came("last.total", 5)
        pid = run.status("last", "ready")["pid"]
        for file in [*(disk / "run").rglob("last.*")]:
            held.append(file.open())  # so that its room is not given back
            file.unlink()
        fill(disk / "filling")
        os.kill(pid, signal.SIGKILL)
        run.said("last: the disk is full: it starts when there is room", 30)
        (disk / "filling").unlink()
        run.until(lambda: run.status("last", "ready")["restarts"] == 1, 30)
    finally:
        run.close()
        for it in held:
            it.close()

    assert len([line for line in run.lines if "last: the disk is full" in line]) == 1
