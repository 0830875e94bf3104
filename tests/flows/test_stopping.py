"""How a run ends, as a person or the machine ends it: real processes, a real broker, and nodes that hang."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from begun import begun
from supervised import FLOW, MOODY, Supervised, gone, watch

from wattwire.flows.engine.leaving import SHARES

pytestmark = pytest.mark.broker

Runs = Callable[..., Supervised]
LATEST = 8  # seconds: five are promised, and a busy machine may take its time over the last steps


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Runs]:
    with begun(tmp_path) as run:
        yield run


def test_a_node_that_hangs_does_not_hold_up_the_stop(runs: Runs) -> None:
    run = runs().ready()
    run.give("second.body", "hang")
    run.said("hangs, as it was told")
    family, began = watch(run.family()), monotonic()
    run.signal(signal.SIGTERM)

    assert run.end() == 0
    assert monotonic() - began < LATEST
    assert gone(family, 5.0) == []
    assert run.said("killed, as they did not stop: second")


def test_a_sigterm_to_every_process_is_an_orderly_stop(runs: Runs) -> None:
    """As systemd and containers do it: each node still hears that it is to stop."""

    def killed(folder: str) -> bool:
        run = runs(folder=folder).ready()
        family = watch(run.family())
        nodes = [pid for pid, name in run.family().items() if "mosquitto" not in name]
        run.signal(signal.SIGTERM)
        for pid in nodes:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

        assert run.end() == 0
        assert gone(family, 5.0) == []
        assert not [line for line in run.lines if "starts again" in line]
        return any("killed, as" in line for line in run.lines)

    assert not all(killed(folder) for folder in "abc")  # a busy machine may hold a node up, but not each time


def test_a_run_whose_reader_has_gone_goes_on_and_stops_in_order(runs: Runs) -> None:
    run = runs().ready()
    assert run.process.stdout
    run.process.stdout.close()
    run.give("second.body", "crash")
    restarted = run.status("second", "ready", restarts=3)
    family = watch(run.family())
    run.signal(signal.SIGTERM)

    assert restarted["restarts"] == 3
    assert run.process.wait(40) == 0
    assert gone(family, 5.0) == []


def test_a_sigterm_to_a_node_alone_does_not_end_it(runs: Runs) -> None:
    run = runs().ready()
    os.kill(run.pid("second"), signal.SIGTERM)
    run.give("second.body", "still here")
    run.until(lambda: "second/passed" in run.heard)

    assert run.status("second", "ready")["restarts"] == 0


def test_a_second_ctrl_c_kills_at_once(runs: Runs, tmp_path: Path) -> None:
    """Of two that hang each would have been waited for: one that holds hardware the longest."""
    (more := tmp_path / "more").mkdir()
    mover = MOODY.replace('"moody", Config, Out, act', '"mover", Config, Out, act, actuator=True')
    (more / "mover.py").write_text(mover.replace("hangs, as", "mover hangs, as"))
    flow = FLOW.replace("first:  {type: moody}", "first:  {type: mover}")
    run = runs(flow, "--nodes", str(more)).ready()
    run.give("first.body", "hang")
    run.give("second.body", "hang")
    run.said("mover hangs, as it was told")
    run.said("(?<!mover )hangs, as it was told")
    family, began = watch(run.family()), monotonic()
    run.signal()
    run.said("a second Ctrl-C or SIGTERM kills at once")
    run.signal()

    assert run.end() == 0
    assert monotonic() - began < SHARES[0] + SHARES[2]
    assert gone(family, 5.0) == []
    assert [line for line in run.lines if "killed at once" in line]
    assert not [line for line in run.lines if "killed, as" in line]
