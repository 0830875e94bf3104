"""What victronController makes of a GX that cannot, will not, or warns."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from battery_talk import CFG, ask, at, house, leases, modes, rate

from wattwire.nodes import Fault, Status
from wattwire.nodes.battery_memory import State
from wattwire.nodes.messages import House
from wattwire.nodes.victron_controller import decide


@pytest.mark.parametrize(
    ("trouble", "minutes", "why"),
    [
        (
            {"controllable": False, "why_not": "Dynamic ESS is on and blocks schedules"},
            1,
            "Dynamic ESS is on and blocks schedules",
        ),
        ({"islanded": True}, 5, "the house is not supplied by the grid"),
    ],
)
def test_what_the_gx_cannot_do_is_let_go_with_its_reason_and_begun_again_after_a_while(
    trouble: dict[str, Any], minutes: int, why: str
) -> None:
    state, _ = ask(rate=rate(), house=house())
    state, ended = ask(state, 1, rate=rate(), house=replace(house(1), **trouble))
    said = []
    for second in range(60, 600):
        state, again = ask(state, 1 + second / 60, rate=rate(), house=replace(house(1 + second / 60), islanded=False))
        said += [(second - 60, again.mode)] if again else []

    assert ended is not None
    assert (ended.mode, ended.reason) == ("release", why)
    assert said == [(60 * minutes, "charge")]


def test_what_cannot_be_done_is_let_go_and_said_again_a_minute_after_it_can() -> None:
    able = ((0, True), (1, False), (2, True), (2.5, True), (3, True))
    said = modes((minute, {"rate": rate(), "house": house(minute, controllable=can)}) for minute, can in able)

    assert said == ["charge", "release", None, None, "charge"]


def test_five_minutes_after_a_power_cut_count_from_its_end_and_not_twice() -> None:
    """The GX waits them out too, and says so."""
    state, _ = ask(rate=rate(), house=replace(house(), islanded=True))
    said = []
    for minute in range(1, 12):
        why_not = None if minute > 6 else "the grid came back a moment ago"
        waiting = replace(house(minute, controllable=minute > 6), islanded=False, why_not=why_not)
        state, now = ask(state, minute, rate=rate(), house=waiting)
        said += [(minute, now.mode)] if now else []

    assert said == [(8, "charge")]


def test_a_lease_that_was_refused_is_said_again_a_minute_later_and_not_at_its_end() -> None:
    state, first = ask(rate=rate(), house=house())
    state, results = decide(
        CFG, state, None, rate(), house(1), at(1), refused=Fault("three tries"), plan=None, car=None
    )
    state, early = ask(state, 1.9, rate=rate(), house=house(1.9))
    state, again = ask(state, 2, rate=rate(), house=house(2))

    assert [it.mode for it in leases(results)] == ["release"]
    assert early is None
    assert again == first


@pytest.mark.parametrize("code", ["armed", "worn"])
def test_a_warning_of_the_gx_s_is_no_refusal(code: str) -> None:
    state, _ = ask(rate=rate(), house=house())
    _, results = decide(CFG, state, None, rate(), house(1), at(1), refused=Fault("x", code=code), plan=None, car=None)

    assert results == []


@pytest.mark.parametrize(
    ("known", "fill"),
    [(house(), "green"), (replace(house(), input_limit=None), "yellow"), (house(controllable=False), "yellow")],
)
def test_what_keeps_it_from_charging_is_seen_on_its_status(known: House, fill: str) -> None:
    results = decide(CFG, State(), None, rate(), known, at(0), plan=None, car=None)[1]

    assert [r.fill for r in results if isinstance(r, Status)] == [fill]
