"""The soak, short: what leaks is found, whatever it leaks; and what it measured is judged as it says."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from fast_clock import COMPILER
from growth import DAY, HOUR, Bounds, Measured, Process, Whole, grown, table
from soaking import soak

LEAKY = '''"""leaky: at each tick a little more than before."""

import os
from dataclasses import dataclass, field

from wattwire.nodes import Emit, Node, Port, Ports, Say
from wattwire.nodes.linked import Dial

KEPT: list[bytearray] = []


@dataclass(frozen=True, kw_only=True)
class Config:
    what: str


@dataclass(frozen=True)
class State:
    ticks: int = 0


class Out(Ports):
    counted: Port[object]


def leak(cfg: Config, state: State, body: object) -> tuple[State, Emit | Say]:
    number = state.ticks + 1
    if cfg.what == "memory":
        KEPT.append(bytearray(b"x" * 20_000))
    if cfg.what == "files":
        os.dup(0)
    if cfg.what == "topics":
        return State(number), Say(f"leaky/{number}", b"1", retain=True)
    return State(number), Out.counted(number)


NODE = Node("leaky", Config, Out, leak, state=State, dial=lambda cfg: Dial(url="mqtt://flow"))
'''
FLOW = """
flow: leaks
nodes:
  minute: {type: clock, config: {every: 1m}}
  sound:  {type: leaky, config: {what: nothing}}
  fat:    {type: leaky, config: {what: memory}}
  open:   {type: leaky, config: {what: files}}
  told:   {type: leaky, config: {what: topics}}
edges:
  - {from: minute.tick, to: sound.body}
  - {from: minute.tick, to: fat.body}
  - {from: minute.tick, to: open.body}
  - {from: minute.tick, to: told.body}
ends: [sound.counted, fat.counted, open.counted, told.counted]
"""


@pytest.mark.broker
@pytest.mark.mosquitto
@pytest.mark.skipif(not COMPILER, reason="there is no C compiler, by which the clock runs fast")
def test_a_node_that_leaks_is_caught_and_one_that_does_not_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "leaky.py").write_text(LEAKY)
    flow = tmp_path / "leaks.yaml"
    flow.write_text(FLOW)
    measured = soak(str(flow), 16 * HOUR / DAY, 3600, 6 * HOUR, nodes=str(tmp_path), every=0.2)
    said = "\n".join(grown(measured, Bounds()))

    assert re.search(r"^fat: \d+ kB more private memory than in the first hour", said, re.M)
    assert re.search(r"^open: \d+ fds more", said, re.M)
    assert re.search(r"^\d+ retained topics more", said, re.M)
    assert said.count("\n") == 2
    assert "sound" in measured.processes


def flat(at: Sequence[float], **more: Sequence[int]) -> Measured:
    """A run of ten days in which nothing grows but what is named."""
    usual = {"pss": 9000, "private": 8000, "fds": 10, "threads": 1}
    looks = [Process(t, **{k: more[k][i] if k in more else v for k, v in usual.items()}) for i, t in enumerate(at)]
    return Measured({"it": looks}, [WHOLE, replace(WHOLE, at=10 * DAY)], [], DAY, 10 * DAY)


WHOLE = Whole(DAY, 80, 2, {"it.db": 4096, "it.db-wal": 100})
DAYS = [d * DAY for d in range(1, 11)]
SOON_FULL = [8000, 8400, 8800, *[8900] * 7]  # a memory of the last so many


@pytest.mark.parametrize(
    ("measured", "said"),
    [
        (flat(DAYS), []),
        (flat(DAYS, private=SOON_FULL), []),
        (flat(DAYS, private=[8000 + 200 * d for d in range(10)]), ["it: 200 kB a day in the second half; at most 96"]),
        (flat(DAYS, private=[8000, *[11999] * 9]),
         ["it: 3999 kB more private memory than in the first hour; at most 3072"]),
        (flat(DAYS, threads=[1, *[3] * 9]), ["it: 2 threads more; at most 1"]),
        (replace(flat(DAYS), ended=["it (7)"]), ["it (7): its process ended"]),
        (replace(flat(DAYS), whole=[WHOLE, replace(WHOLE, queue=201)]), ["a queue of 201; at most 200"]),
        (replace(flat(DAYS), whole=[WHOLE, replace(WHOLE, files={"it.db": 2_004_096, "it.db-wal": 4_200_000})]),
         ["it.db: 2000000 bytes more; at most 1000000"]),
        (replace(flat(DAYS), whole=[WHOLE, replace(WHOLE, files={"it.db-wal": 6_000_000})]),
         ["it.db-wal: 6000000 bytes; at most 5000000"]),
    ],
)  # fmt: skip
def test_what_is_beyond_its_bound_is_named(measured: Measured, said: list[str]) -> None:
    assert list(grown(measured, Bounds())) == said


def test_the_table_shows_the_first_hour_and_the_last() -> None:
    row = next(line for line in table(flat(DAYS, private=SOON_FULL)) if line.startswith("it "))

    assert row.split()[:5] == ["it", "9000", "9000", "8000", "8900"]
