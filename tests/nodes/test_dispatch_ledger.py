"""dispatchLedger over a day: offered, trusted, priced, listed."""

from datetime import UTC, datetime, timedelta
from time import process_time
from typing import Any

import pytest

from wattwire.nodes.dispatch_ledger import Config, enter
from wattwire.nodes.kraken_completed import Completed
from wattwire.nodes.messages import Dispatch, Plan, Rate
from wattwire.nodes.slot_record import Record, Slot, State

T = datetime(2026, 11, 21, 14, tzinfo=UTC)
MINUTE, HALF, HOUR = timedelta(minutes=1), timedelta(minutes=30), timedelta(hours=1)


def dispatch(start: datetime, minutes: float = 30, **more: Any) -> Dispatch:
    return Dispatch(start=start, end=start + minutes * MINUTE, **more)


def plan(at: datetime, *dispatches: Dispatch, device: str = "car") -> Plan:
    return Plan(at=at, device=device, dispatches=dispatches)


def rate(at: datetime, **more: Any) -> Rate:
    half = datetime.fromtimestamp(at.timestamp() // 1800 * 1800, UTC)
    return Rate(at=at, until=half + HALF, **{"house": 28.0, "car": 28.0, "band": "standard", **more})


CHEAP: dict[str, Any] = {"band": "cheap", "house": 7.0, "car": 7.0, "rung": "confirmed", "rung_at": T + 2 * MINUTE}


class Books:
    def __init__(self) -> None:
        self.state = State()
        self.left: list[tuple[str, Any]] = []

    def hear(
        self, at: datetime, plan: Plan | None = None, rate: Rate | None = None, completed: Completed | None = None
    ) -> None:
        self.state, emits = enter(Config(), self.state, plan, rate, completed, at)
        self.left += [(e.port, e.body) for e in emits]

    def slots(self) -> list[Slot]:
        return sorted(self.state.slots.values(), key=lambda s: (s.start, s.device))

    def ports(self) -> list[str]:
        return [port for port, _ in self.left]


def test_an_offer_is_written_down_once_and_its_withdrawal_too() -> None:
    books, early = Books(), T - HOUR
    books.hear(early, plan(early, dispatch(T, 61)))
    books.hear(early + MINUTE, plan(early + MINUTE, dispatch(T, 61)))
    books.hear(early + 9 * MINUTE, plan(early + 9 * MINUTE, dispatch(T)))

    told = [(s.start, s.offered, s.withdrawn) for s in books.slots()]
    withdrawn = early + 9 * MINUTE
    assert told == [(T, early, None), (T + HALF, early, withdrawn), (T + HOUR, early, withdrawn)]
    assert books.ports() == ["record", "record"]


def test_what_has_begun_is_not_withdrawn() -> None:
    books = Books()
    books.hear(T - HOUR, plan(T - HOUR, dispatch(T)))
    books.hear(T + MINUTE, plan(T + MINUTE))

    assert [s.withdrawn for s in books.slots()] == [None]


def test_one_cars_plan_does_not_withdraw_the_others() -> None:
    books = Books()
    books.hear(T - HOUR, plan(T - HOUR, dispatch(T), device="a"))
    books.hear(T - HOUR, plan(T - HOUR, dispatch(T + HOUR), device="b"))
    books.hear(T - HALF, plan(T - HALF, device="b"))

    assert [(s.device, s.withdrawn) for s in books.slots()] == [("a", None), ("b", T - HALF)]


def test_the_highest_rung_is_kept_and_the_last_price() -> None:
    books = Books()
    books.hear(T - HOUR, plan(T - HOUR, dispatch(T)))
    books.hear(T, rate=rate(T, rung="offered", rung_at=T - HOUR, planned=True))
    books.hear(T + 2 * MINUTE, rate=rate(T + 2 * MINUTE, **CHEAP, why="the car is seen charging"))
    books.hear(T + 5 * MINUTE, rate=rate(T + 5 * MINUTE, **{**CHEAP, "rung": "started"}, why="still"))
    (slot,) = books.slots()

    assert (slot.rung, slot.rung_at, slot.band, slot.house, slot.why) == (
        "confirmed",
        T + 2 * MINUTE,
        "cheap",
        7.0,
        "still",
    )


@pytest.mark.parametrize(
    ("rung", "after", "kept"),
    [
        ("confirmed", {"rung": None}, ("cheap", 7.0, "first")),
        ("started", {"rung": None}, ("cheap", 7.0, "first")),  # it ended, or its device says so no more
        ("started", {"rung": "offered"}, ("cheap", 7.0, "first")),
        ("started", {"rung": None, "band": "unsure"}, ("cheap", 7.0, "first")),
        ("started", {**CHEAP, "house": 6.0}, ("cheap", 6.0, "last")),
        ("offered", {"rung": None}, ("standard", 28.0, "last")),  # withdrawn
    ],
)
def test_a_half_hour_that_a_dispatch_has_made_cheap_stays_so_when_it_ends_within(
    rung: str, after: dict[str, Any], kept: tuple[str, float, str]
) -> None:
    books = Books()
    books.hear(T - HOUR, plan(T - HOUR, dispatch(T, 15)))
    books.hear(T, rate=rate(T, **{**CHEAP, "rung": rung}, why="first"))
    books.hear(T + 15 * MINUTE, rate=rate(T + 15 * MINUTE, **after, why="last"))
    (slot,) = books.slots()

    assert (slot.band, slot.house, slot.why) == kept


def done(*dispatches: Dispatch, until: datetime, unsure: tuple[datetime, ...] = ()) -> Completed:
    return Completed(at=until + 12 * HOUR, dispatches=dispatches, until=until, unsure=unsure)


@pytest.mark.parametrize(
    ("decided", "listed", "agrees"),
    [
        pytest.param(CHEAP, [dispatch(T, status="completed", kwh=3.0)], True, id="cheap, and charged"),
        pytest.param({}, [], True, id="not trusted, and not charged"),
        pytest.param(CHEAP, [], False, id="taken for cheap, yet not charged"),
        pytest.param({}, [dispatch(T, status="completed", kwh=3.0)], False, id="charged, yet not trusted"),
        pytest.param({}, [dispatch(T, status="completed", kind="boost", kwh=3.0)], True, id="a boost is none"),
        pytest.param(
            {"barred": True}, [dispatch(T, status="completed", kwh=3.0)], None, id="charged, and none could be cheap"
        ),
        pytest.param({"band": "unsure"}, [], None, id="nobody knew"),
        pytest.param({**CHEAP, "window": True}, [], None, id="the window is cheap in any case"),
        pytest.param(None, [], None, id="nobody looked"),
    ],
)
def test_the_list_of_octopus_is_held_against_it(decided: Any, listed: list[Dispatch], agrees: bool | None) -> None:
    books = Books()
    books.hear(T - HOUR, plan(T - HOUR, dispatch(T)))
    if decided is not None:
        books.hear(T + 5 * MINUTE, rate=rate(T + 5 * MINUTE, **decided))
    books.left.clear()
    books.hear(T + 13 * HOUR, completed=done(*listed, until=T + HOUR))
    (slot,) = books.slots()

    assert (slot.listed, slot.agrees) == (any(d.kind == "smart" for d in listed), agrees)
    assert books.ports() == ["settled", *(["differs"] if agrees is False else []), "record"]


def test_what_differs_says_what_to_look_for_on_the_bill() -> None:
    books = Books()
    books.hear(T - HOUR, plan(T - HOUR, dispatch(T)))
    books.hear(T + 5 * MINUTE, rate=rate(T + 5 * MINUTE, **CHEAP, why="the car was seen charging"))
    books.left.clear()
    books.hear(T + 13 * HOUR, completed=done(until=T + HOUR))

    assert [body.why for port, body in books.left if port == "differs"] == [
        "21 November 14:00 UTC was taken for cheap, and Octopus lists no smart charge in it: the car was seen charging"
    ]


def test_a_kind_that_no_plan_told_proves_nothing() -> None:
    books = Books()
    books.hear(T - HOUR, plan(T - HOUR, dispatch(T)))
    books.hear(T + MINUTE, rate=rate(T + MINUTE))
    books.hear(T + 13 * HOUR, completed=done(dispatch(T, status="completed"), until=T + HOUR, unsure=(T,)))

    assert [(s.listed, s.agrees) for s in books.slots()] == [(True, None)]


def test_what_the_list_does_not_reach_waits_and_nothing_is_settled_twice() -> None:
    books = Books()
    books.hear(T - HOUR, plan(T - HOUR, dispatch(T, 60)))
    books.hear(T + 12 * HOUR, completed=done(dispatch(T, 60, status="completed", kwh=-4.0), until=T + HALF))
    assert [s.listed for s in books.slots()] == [True, None]
    for n in (13, 14):
        books.hear(T + n * HOUR, completed=done(dispatch(T, 60, status="completed", kwh=-4.0), until=T + HOUR))

    assert [(s.listed, s.completed) for s in books.slots()] == [(True, 2.0), (True, 2.0)]
    assert books.ports().count("settled") == 2


def test_a_charge_that_no_plan_told_of_is_entered() -> None:
    books = Books()
    books.hear(T + 12 * HOUR, completed=done(dispatch(T, 20, status="completed", kwh=1.5), until=T + HOUR))
    (slot,) = books.slots()

    assert (slot.offered, slot.band, slot.listed, slot.completed, slot.agrees) == (None, None, True, 1.5, None)


def test_the_record_counts_and_forgets() -> None:
    books = Books()
    for day in range(6):
        start = T + day * 24 * HOUR
        books.hear(start, plan(start, dispatch(start)))
        books.hear(start + MINUTE, rate=rate(start + MINUTE, allowance_left=5.5, **CHEAP))
        books.hear(start + 13 * HOUR, completed=done(*([dispatch(start)] if day % 2 else []), until=start + HOUR))
    record = books.left[-1][1]

    assert isinstance(record, Record)
    assert (len(record.slots), record.agreeing, record.differing, record.allowance_left) == (5, 3, 2, 5.5)


@pytest.mark.parametrize("listed", [False, True])
def test_a_wrong_date_fills_neither_the_record_nor_the_hour(listed: bool) -> None:
    books, absurd = Books(), Dispatch(start=datetime(2001, 1, 1, tzinfo=UTC), end=datetime(9000, 1, 1, tzinfo=UTC))
    began = process_time()
    if listed:
        books.hear(T, completed=Completed(at=T, dispatches=(absurd,), until=T))
    else:
        books.hear(T, plan(T, absurd))

    assert (len(books.slots()) < 400, process_time() - began < 2) == (True, True)
