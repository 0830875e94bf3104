"""The same days reckoned a second time, slowly and straight from the words of the tariff, must cost the same."""

from datetime import UTC, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from wattwire.nodes.allowance import Allowance
from wattwire.nodes.half_hours import Window
from wattwire.nodes.messages import Dispatch, Plan, Rate, Tick
from wattwire.nodes.rate_memory import State
from wattwire.nodes.rate_resolver import Config, resolve
from wattwire.nodes.tariff_rules import Fallback

LONDON, HALF, MINUTE = ZoneInfo("Europe/London"), timedelta(minutes=30), timedelta(minutes=1)
DAYS = ["2026-01-20T09:00:00Z", "2026-03-28T10:00:00Z", "2026-10-24T10:00:00Z", "2026-07-01T03:00:00Z"]
SPANS = st.lists(st.tuples(st.integers(0, 2000), st.sampled_from([1, 20, 30, 60, 200, 900])), max_size=5)
Span = tuple[datetime, datetime]
Cost = tuple[str, float | None, float | None, float | None]


def begun(now: datetime) -> datetime:
    return now.replace(minute=now.minute // 30 * 30)


def noon(now: datetime) -> datetime:
    local = now.astimezone(LONDON)
    date = local.date() if local.hour >= 12 else local.date() - timedelta(days=1)
    return datetime.combine(date, time(12), LONDON).astimezone(UTC)


def touched(half: datetime, spans: list[Span]) -> list[Span]:
    return [(start, end) for start, end in spans if start < half + HALF and end > half]


def used_before(half: datetime, spans: list[Span]) -> float:
    start = noon(half)
    return sum(bool(touched(start + n * HALF, spans)) for n in range((half - start) // HALF)) / 2


def reckoned(now: datetime, spans: list[Span], hours: float, window: bool, trusted: bool) -> Cost:
    half, clock, today = begun(now), now.astimezone(LONDON).time(), noon(now)
    night = window and (clock >= time(23, 30) or clock < time(5, 30))
    beyond = used_before(half, spans) >= hours
    ran_out = used_before(today - HALF, spans) >= hours
    here = touched(half, spans)
    earning = trusted and not beyond and any(start >= today or not ran_out for start, _ in here)
    cheap, car_cheap = night or earning, not beyond if night else earning
    left = max(0.0, hours - used_before(half, spans) - bool(here) / 2)
    return "cheap" if cheap else "standard", 7.0 if cheap else 28.0, 6.0 if car_cheap else 27.0, left


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(DAYS),
    SPANS,
    st.sampled_from([1.0, 2.0, 6.0]),
    st.booleans(),
    st.sampled_from(["offered", "confirmed"]),
    st.sampled_from([7, 13, 30]),
    st.sampled_from([1, 3, 1000]),
)
def test_a_day_costs_what_the_words_of_the_tariff_say(
    day: str, minutes: list[tuple[int, int]], hours: float, window: bool, trust: Any, step: int, often: int
) -> None:
    start, state = datetime.fromisoformat(day), State()
    spans = [(start + a * MINUTE, start + (a + n) * MINUTE) for a, n in minutes]
    cfg = Config(
        price=Fallback(cheap=7.0, standard=28.0, car_cheap=6.0, car_standard=27.0),
        window=Window() if window else False,
        trust=trust,
        plan_max_age=timedelta(days=9),
        allowance=Allowance(hours=hours),
    )
    for i, now in enumerate(start + n * MINUTE for n in range(0, 2300, step)):
        told = [Dispatch(start=s, end=e) for s, e in spans if begun(e - MINUTE) + HALF > now]  # a plan forgets the past
        plan = Plan(at=now, dispatches=tuple(told)) if i % often == 0 else None
        given = (Tick(now), None) if plan is None else (None, plan)
        state, emit = resolve(cfg, state, *given, prices=None, car=None, house=None, now=now)
        assert isinstance(emit.body, Rate)
        cost = (emit.port, emit.body.house, emit.body.car, emit.body.allowance_left)

        assert cost == reckoned(now, spans, hours, window, trust == "offered")
