"""wattwire again on a real run: what was set aside is shown, and handed in again."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from supervised import MOODY, Supervised

pytestmark = [
    pytest.mark.broker,
    pytest.mark.mosquitto,  # the embedded broker cannot keep what is set aside over a restart of its own
]


MENDED = MOODY.replace('or body == "crash"', "")


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Callable[[], Supervised]]:
    made: list[Supervised] = []

    def run() -> Supervised:
        made.append(Supervised(tmp_path))
        return made[-1].ready()

    yield run
    for it in made:
        it.close()


def again(run: Supervised, *words: str) -> tuple[int, str, str]:
    line = [sys.executable, "-m", "wattwire.flows", "again", "moods", *words, "--state", str(run.state)]
    done = subprocess.run(line, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_what_is_set_aside_is_shown_tried_again_and_done_once_the_bug_is_mended(
    runs: Callable[[], Supervised], monkeypatch: pytest.MonkeyPatch
) -> None:
    run, bug = runs(), "RuntimeError at moody.py:"

    assert again(run) == (0, "nothing is set aside\n", "")
    assert again(run, "first") == (0, "nothing is set aside at first\n", "")

    run.give("first.body", "crash")
    run.until(lambda: "first/$aside" in run.heard)
    code, shown, _ = again(run)
    head, row = shown.splitlines()

    assert (code, head, row[:5], bug in row) == (0, "first: 1 set aside", "    1", True)

    code, out, wrong = again(run, "first", "1")

    assert (code, out, wrong.startswith(f"1: set aside again: {bug}")) == (1, "", True)
    assert again(run, "first", "2")[::2] == (1, "no input 2 is set aside at first, or it is being retried already\n")

    run.signal()
    run.end()
    monkeypatch.setattr("supervised.MOODY", MENDED)
    mended = runs()

    assert again(mended, "first") == (0, "1: done\n", "")
    assert again(mended) == (0, "nothing is set aside\n", "")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["frist"], 2, "no node 'frist'; there are first, second, shown"),
        (["first", "0"], 2, "0 is not in the range x>=1"),
        (["first", "--broker", "mqtt://127.0.0.1:1"], 3, "nobody answers there"),
    ],
)
def test_what_cannot_be_asked_for_is_said(
    runs: Callable[[], Supervised], words: list[str], code: int, said: str
) -> None:
    found, _, wrong = again(runs(), *words)

    assert (found, said in wrong) == (code, True)
