"""The spans of budgets: a day or a month of UTC's calendar, or any time that slides along."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from wattwire.nodes import Budget

from .durations import spell

CALENDAR = ("day", "month")
WORDS = {"1m": "a minute", "1h": "an hour", "day": "a day", "month": "a month"}


def key(budget: Budget) -> str:
    """As it is kept: `day`, `month`, or seconds."""
    return budget.per if isinstance(budget.per, str) else f"{budget.per.total_seconds():.6f}"


def spelled(per: str) -> str:
    """A key for people: `day`, `month`, or `1h`."""
    return per if per in CALENDAR else spell(timedelta(seconds=float(per)))


def words(per: str) -> str:
    return WORDS.get(per, per)


def told(budget: Budget) -> str:
    """A spent budget, in words."""
    return f"the budget of {budget.most:.10g} in {words(spelled(key(budget)))} on {budget.name} is spent"


def day(now: datetime) -> date:
    return now.astimezone(UTC).date()


def first(per: str, now: datetime) -> date:
    """The first day of the calendar's span."""
    return day(now).replace(day=1) if per == "month" else day(now)


def left(per: str, now: datetime) -> float:
    """Seconds until the calendar's next span begins."""
    begun = first(per, now)
    following = begun + timedelta(days=1) if per == "day" else (begun + timedelta(days=32)).replace(day=1)
    return (datetime(following.year, following.month, following.day, tzinfo=UTC) - now).total_seconds()
