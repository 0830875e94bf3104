"""What a person wishes by hand is stronger than the plan, is answered, and ends."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from battery_talk import CFG, NO_FUSE, NOON, at, house, leases, rate

from wattwire.nodes import Status
from wattwire.nodes.battery_memory import State
from wattwire.nodes.victron_controller import decide
from wattwire.nodes.wishes import ByHand


def by_hand(mode: Any, band: str | None) -> list[tuple[str, str]]:
    """What is said when a person wishes this until 13:30, in every minute of three hours at one rate."""
    state, said = State(), list[tuple[str, str]]()
    wish = ByHand(mode=mode, until=at(90))
    for minute in range(180):
        hand, paid = wish if minute == 0 else None, rate(band, minute, until=240) if band else None
        state, results = decide(CFG, state, None, paid, house(minute), at(minute), hand=hand, plan=None, car=None)
        said += [(f"{at(minute):%H:%M}-{it.until:%H:%M} {it.mode}", it.reason) for it in leases(results)]
    return said


UNKNOWN = "what power costs now is not known"
DEAR = "power is not cheap, and the car does not charge"
CHEAP = "power is cheap, and the battery at 40 % is below 80 %"
ANEW = [("13:30-14:30 charge", CHEAP), ("14:20-15:20 charge", CHEAP)]  # by the plan


@pytest.mark.parametrize(
    ("mode", "band", "said"),
    [
        (
            "charge",
            "standard",
            [
                ("12:00-13:00 charge", "charge by hand until 13:30: the battery at 40 % is below 80 %"),
                ("12:50-13:30 charge", "charge by hand until 13:30: the battery at 40 % is below 80 %"),
                ("13:30-14:30 release", DEAR),
            ],
        ),
        (
            "hold",
            "cheap",
            [
                ("12:00-13:00 hold", "hold by hand until 13:30"),
                ("12:50-13:30 hold", "hold by hand until 13:30"),
                *ANEW,
            ],
        ),
        (
            "hold",
            None,
            [
                ("12:00-13:00 hold", "hold by hand until 13:30"),
                ("12:50-13:30 hold", "hold by hand until 13:30"),
                ("13:30-14:30 release", UNKNOWN),
            ],
        ),
        ("release", "cheap", [("12:00-13:00 release", "release by hand until 13:30"), *ANEW]),
        ("off", "cheap", [("12:00-13:00 release", "switched off by hand until 13:30"), *ANEW]),
        ("plan", "standard", [("12:00-13:00 release", DEAR)]),
        ("plan", None, [("12:00-13:00 release", UNKNOWN)]),
    ],
)
def test_what_a_person_wishes_is_stronger_than_the_plan_and_has_an_end(
    mode: Any, band: str | None, said: list[tuple[str, str]]
) -> None:
    assert by_hand(mode, band) == said


@pytest.mark.parametrize(
    ("wish", "known", "mode", "why"),
    [
        ("release", {"house": house(ev=7000)}, "release", "release by hand until 13:30"),  # even into the car
        ("hold", {"rate": rate()}, "hold", "hold by hand until 13:30"),
        (
            "charge",
            {"rate": rate("standard")},
            "charge",
            "charge by hand until 13:30: the battery at 40 % is below 80 %",
        ),
        ("charge", {"house": house(soc=80)}, "hold", "charge by hand until 13:30: the battery is full enough at 80 %"),
        ("charge", {"house": house(-3)}, "release", "charge by hand until 13:30, but the house battery is not seen"),
        ("charge", {"house": None}, "release", "charge by hand until 13:30, but the house battery is not seen"),
        (
            "charge",
            {"house": replace(house(), input_limit=None)},
            "hold",
            f"charge by hand until 13:30, but {NO_FUSE}",
        ),
        (
            "charge",
            {"house": replace(house(), controllable=False, why_not="Dynamic ESS is on")},
            "release",
            "charge by hand until 13:30, but Dynamic ESS is on",
        ),
    ],
)
def test_a_person_s_wish_is_answered_with_what_becomes_of_it(
    wish: Any, known: dict[str, Any], mode: str, why: str
) -> None:
    seen = {"rate": None, "house": house(), "plan": None, "car": None} | known
    _, results = decide(CFG, State(), None, now=NOON, hand=ByHand(mode=wish, until=at(90)), **seen)

    (lease,) = leases(results)
    assert (lease.mode, lease.reason, lease.owner) == (mode, why, "hand")


@pytest.mark.parametrize(
    ("until", "ends"),
    [(None, 240), (90, 90), (60 * 72, 60 * 24)],  # a few hours where none is named, a day at most
)
def test_a_wish_always_ends(until: float | None, ends: float) -> None:
    wish = ByHand(mode="hold", until=None if until is None else at(until))
    state, _ = decide(CFG, State(), None, None, None, at(0), hand=wish, plan=None, car=None)

    assert state.hand is not None
    assert state.hand.until == at(ends)


def test_a_wish_that_has_ended_already_or_is_taken_back_gives_way_to_the_plan() -> None:
    state, _ = decide(CFG, State(), None, rate(), house(), at(0), hand=ByHand(mode="off"), plan=None, car=None)
    over = ByHand(mode="off", until=at(-1))
    for end in (ByHand(mode="plan"), over):
        after, results = decide(CFG, state, None, rate(), house(), at(0), hand=end, plan=None, car=None)

        assert after.hand is None
        assert [it.mode for it in leases(results)] == ["charge"]


def test_a_person_s_reason_is_repeated() -> None:
    wish = ByHand(mode="hold", until=at(90), reason="storm tonight")
    _, results = decide(CFG, State(), None, None, None, at(0), hand=wish, plan=None, car=None)

    assert [r.text for r in results if isinstance(r, Status)] == ["hold by hand until 13:30 (storm tonight)"]
