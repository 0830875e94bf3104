"""Writes to the GX's flash are counted by its local day; switching off is always done."""

from __future__ import annotations

from datetime import datetime

from gx_pair import Pair

from wattwire.nodes import victron_gx


def worn(writes: int = 10, now: str = "2026-11-20T12:00:00+00:00") -> Pair:
    pair = Pair(victron_gx.Config(url="mqtt://flow", writes=writes), now=datetime.fromisoformat(now))
    pair.run(seconds=30)
    return pair


def cycles(pair: Pair, times: int) -> None:
    for _ in range(times):
        pair.lease("hold", 30)
        pair.run(seconds=20)
        pair.lease("release")
        pair.run(seconds=20)


def test_four_fifths_of_a_day_s_writes_are_said_once() -> None:
    pair = worn()
    cycles(pair, 4)

    assert [e.port for _, e in pair.out if e.port == "worn"] == ["worn"] * 4  # each setting of its own
    assert (
        pair.faults()[0] == "Day of charge schedule 5 was written 8 times today, of 10 allowed to spare the GX's flash"
    )


def test_the_day_s_writes_are_spent_and_what_is_on_is_switched_off_all_the_same() -> None:
    pair = worn()
    cycles(pair, 5)
    why = "Start of charge schedule 5 was written 10 times today, of 10 allowed to spare the GX's flash"
    spent = (pair.house.controllable, pair.house.why_not)
    pair.said.clear()
    pair.lease("hold", 30)
    pair.run(seconds=20)

    assert spent == (False, why)
    assert (pair.writes(), pair.ports()[-1], pair.slot()["Day"]) == ([], "refused", -7)


def test_a_lease_that_spends_the_last_write_stays_and_is_ended() -> None:
    pair = worn(writes=11)
    cycles(pair, 5)
    pair.lease("hold", 30)
    pair.run(seconds=20)
    held = pair.plant.slot
    pair.lease("release")
    pair.run(seconds=20)

    assert (held, pair.slot()["Day"]) == (4, -7)


def test_a_new_day_of_the_gx_s_has_new_writes() -> None:
    pair = worn(now="2026-07-01T22:50:00+00:00")  # 23:50 in London
    cycles(pair, 5)
    before = pair.house.controllable
    pair.run(minutes=10)

    assert (before, pair.house.controllable) == (False, True)


def test_a_restart_does_not_forget_what_was_written() -> None:
    pair = worn()
    cycles(pair, 5)
    pair.kill(pair.gx)
    pair.start(pair.gx)
    pair.run(seconds=30)

    assert pair.house.controllable is False
