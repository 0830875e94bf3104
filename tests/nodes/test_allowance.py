"""The ledger of half hours and the hours that are left of a day."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from wattwire.nodes.allowance import Allowance, Budget, Ledger
from wattwire.nodes.ladder import Reading
from wattwire.nodes.messages import Dispatch, Plan

NOON = datetime(2026, 1, 20, 12, tzinfo=UTC)
LONDON = "Europe/London"
HALF = timedelta(minutes=30)
SPANS = st.lists(st.tuples(st.integers(-1400, 1400), st.integers(1, 600)), max_size=6)


def plan(*spans: tuple[int, int], now: datetime = NOON) -> Plan:
    """Dispatches by their beginning and length in minutes from noon."""
    found = ((NOON + timedelta(minutes=start), timedelta(minutes=length)) for start, length in spans)
    return Plan(at=now, dispatches=tuple(Dispatch(start=start, end=start + length) for start, length in found))


def budget(*plans: Plan, allowance: Allowance = Allowance(hours=24), ledger: Ledger = Ledger()) -> Budget:  # noqa: B008
    return Budget(allowance, LONDON, ledger, {str(i): p for i, p in enumerate(plans)}, NOON)


@given(SPANS, st.integers(-1400, 1400))
def test_the_hours_used_are_the_touched_half_hours_of_the_noon_day_so_far(
    spans: list[tuple[int, int]], minutes: int
) -> None:
    now = NOON + timedelta(minutes=minutes)
    day = NOON if now >= NOON else NOON - timedelta(days=1)
    halves = [day + n * HALF for n in range(48) if day + n * HALF <= now]
    begun = [(NOON + timedelta(minutes=s), NOON + timedelta(minutes=s + n)) for s, n in spans]
    used = sum(any(start < h + HALF and end > h for start, end in begun) for h in halves) / 2

    assert budget(plan(*spans)).left(["0"], now.timestamp()) == 24 - used


@given(SPANS, SPANS, st.integers(0, 1400))
def test_a_household_uses_each_half_hour_once_and_a_device_never_more(
    one: list[tuple[int, int]], two: list[tuple[int, int]], minutes: int
) -> None:
    t = (NOON + timedelta(minutes=minutes)).timestamp()
    shared = budget(plan(*one), plan(*two)).left(["0"], t)
    own = budget(plan(*one), plan(*two), allowance=Allowance(hours=24, per="device")).left(["0", "1"], t)

    assert shared == budget(plan(*one, *two)).left(["0"], t)
    assert own is not None
    assert shared is not None
    assert shared <= own


@given(SPANS, st.sampled_from([0, 1, 6, 12]))
@example([(0, 600)], 6)
def test_no_more_than_the_limit_is_ever_inside(spans: list[tuple[int, int]], hours: int) -> None:
    found, limited = plan(*spans), budget(plan(*spans), allowance=Allowance(hours=hours))
    inside = [
        h
        for h in (NOON + n * HALF for n in range(48))
        if any(d.start < h + HALF and d.end > h for d in found.dispatches) and not limited.beyond("0", h.timestamp())
    ]

    assert len(inside) <= 2 * hours


@given(SPANS, st.integers(-1400, 1300))
def test_what_a_plan_has_touched_is_used_though_the_plan_is_gone(spans: list[tuple[int, int]], minutes: int) -> None:
    now = NOON + timedelta(minutes=minutes)
    ledger = Ledger().gone_by("0", plan(*spans), now)
    before = budget(plan(*((s, n) for s, n in spans if s <= minutes))).left(["0"], now.timestamp())

    assert budget(ledger=ledger).left(["0"], now.timestamp()) == before


@given(st.lists(st.tuples(st.integers(0, 5000), st.booleans()), max_size=300))
def test_the_ledger_forgets_what_is_two_days_old(seen: list[tuple[int, bool]]) -> None:
    ledger, endless = Ledger(), {"0": plan((0, 10_000))}
    for minutes, charging in sorted(seen):
        now = NOON + timedelta(minutes=minutes)
        ledger = ledger.seen([Reading(now, charging, "")], endless, now)

    seen_charging, seen_idle = ledger.charging.get("", ()), ledger.idle.get("0", ())

    assert max(len(seen_charging), len(seen_idle)) <= 100
    assert list(seen_charging) == sorted(set(seen_charging))


def test_a_reading_of_the_future_is_no_reading() -> None:
    assert Ledger().seen([Reading(NOON + HALF, True, "")], {}, NOON) == Ledger()


def test_a_dispatch_of_a_wrong_date_does_not_fill_the_memory() -> None:
    endless = Plan(at=NOON, dispatches=(Dispatch(start=NOON - timedelta(days=4000), end=NOON + timedelta(days=4000)),))

    assert len(Ledger().gone_by("0", endless, NOON).used["0"]) == 100


def test_the_day_of_an_allowance_may_begin_at_another_time() -> None:
    found = budget(plan((-60, 120)), allowance=Allowance(from_=time(11, 30)))

    assert found.left(["0"], NOON.timestamp()) == 5.0


def test_a_dispatch_runs_out_when_it_goes_on_beyond_the_limit() -> None:
    exact = Dispatch(start=NOON - timedelta(hours=6), end=NOON + HALF)
    longer = Dispatch(start=NOON - timedelta(hours=6.5), end=NOON + HALF)
    six = Allowance(hours=6)
    ran_out = [
        budget(Plan(at=NOON, dispatches=(d,)), allowance=six).ran_out("0", d, NOON.timestamp()) for d in (exact, longer)
    ]

    assert ran_out == [False, True]
