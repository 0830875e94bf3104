"""What a log shows of a run."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any

import pytest

from wattwire.flows.engine.board import Lines

READY = ("ready", "", "green")
SILENT = ("ready", "no sign of life from the GX for 10 s", "red")
LOOKING = ("ready", "looking for the GX", "yellow")
FULL = ("ready", "slot 5 is taken", "red")
CRASHED = ("crashed", "exit 1; started again in 0.1 s", "red")

FELL_SILENT = "warning: gx: no sign of life from the GX for 10 s"
TAKEN = "warning: gx: slot 5 is taken"


def logged(*told: tuple[str, str, str]) -> list[str]:
    out, gx = io.StringIO(), SimpleNamespace(name="gx", state="starting", text="", fill="yellow")
    run: Any = SimpleNamespace(flow=SimpleNamespace(name="home"), minders={"gx": gx})
    bus: Any = None  # it is for the table
    lines = Lines(out)
    lines.begin([run], bus)
    for gx.state, gx.text, gx.fill in told:
        lines.changed()
    return [line.partition(" ")[2] for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        ([READY, READY], ["gx: ready"]),
        ([READY, SILENT], ["gx: ready", FELL_SILENT]),
        ([SILENT], ["gx: ready, no sign of life from the GX for 10 s"]),
        ([READY, SILENT, SILENT, LOOKING, SILENT], ["gx: ready", FELL_SILENT]),
        ([READY, SILENT, FULL], ["gx: ready", FELL_SILENT, TAKEN]),
        ([READY, FULL, READY, FULL], ["gx: ready", TAKEN, "gx: well again", TAKEN]),
        ([READY, FULL, ("ready", "quiet", "green")], ["gx: ready", TAKEN, "gx: quiet"]),
        ([READY, CRASHED, READY], ["gx: ready", "gx: ready"]),
    ],
)
def test_a_log_has_a_line_when_a_node_turns_red_and_when_it_is_well_again(
    told: list[tuple[str, str, str]], lines: list[str]
) -> None:
    assert logged(*told) == lines
