"""Every kind of real fault once, and that the count can fail."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from wattwire.broker.tether import waited

pytestmark = [
    pytest.mark.broker,
    pytest.mark.mosquitto,  # no other broker keeps these promises
    pytest.mark.timeout(400),
]
HOUSE = Path(__file__).parents[2]
SHORT = ["--minutes", "0.75", "--hang", "2", "--burst", "2000", "--seed", "7"]


def command(*more: str) -> list[str]:
    return [sys.executable, "-m", "tests.chaos.real", *SHORT, *more]


def real(*more: str) -> tuple[int, str]:
    done = subprocess.run(command(*more), cwd=HOUSE, capture_output=True, text=True, check=False)
    shutil.rmtree(folder(done.stdout), ignore_errors=True)
    return done.returncode, done.stdout + done.stderr


def folder(said: str) -> Path:
    return Path(said.partition("\n")[0].rpartition(" ")[2])


def test_nothing_is_lost_or_doubled_by_any_kind_of_fault() -> None:
    code, said = real()
    faults = re.findall(r"^\| (\w.*?) +\| +\d \|", said, re.MULTILINE)

    assert (code, "nothing lost, nothing doubled" in said) == (0, True), said
    assert {"broker killed", "supervisor killed", "fork server killed", "edges killed"} <= set(faults)
    if os.geteuid() == 0 and "SKIPPED" not in said:
        assert {"disk full", "link cut", "broker behind the link killed"} <= set(faults)


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        ("drop: 10", r"^chain, own: lost \[10, 20, 30"),
        ("double: 10", r"^chain, own: doubled \[10, 20, 30"),
        ("again: 10", r"^chain, own: the sink counted \d+, told \d+"),
    ],
)
def test_a_sink_that_loses_or_doubles_numbers_is_noticed(broken: str, told: str) -> None:
    code, said = real("--broken", broken, "--only", "node_killed")

    assert code == 1
    assert re.search(told, said, re.MULTILINE), said


@pytest.mark.skipif(not shutil.which("cc"), reason="a clock of one's own takes a C compiler")
def test_nothing_stands_still_or_is_lost_when_the_clock_is_set_by_hours() -> None:
    clock = [sys.executable, "-m", "tests.chaos.real_clock", "--seed", "7"]
    done = subprocess.run(clock, cwd=HOUSE, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


def test_ended_in_the_middle_it_leaves_nothing_behind() -> None:
    run = subprocess.Popen(command(), cwd=HOUSE, stdout=subprocess.PIPE, text=True)
    assert run.stdout
    place = folder(run.stdout.readline())
    while not (place / "faults.log").exists():
        assert run.poll() is None
        time.sleep(0.05)
    run.send_signal(signal.SIGINT)
    run.communicate(timeout=60)

    assert run.returncode == 1
    assert waited(lambda: left(place) == [], 10), left(place)  # what was killed may still be ending
    assert str(place) not in Path("/proc/self/mounts").read_text()
    shutil.rmtree(place)


def left(place: Path) -> list[str]:
    """The processes that name the folder."""
    return [it.parent.name for it in Path("/proc").glob("[0-9]*/cmdline") if str(place).encode() in read(it)]


def read(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError:  # it ended meanwhile
        return b""
