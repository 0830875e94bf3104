"""What a person wishes of the battery: stronger than any plan, and always with an end."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

OWNER = "hand"


@dataclass(frozen=True, kw_only=True)
class ByHand:
    """`release` leaves the battery to itself, `off` keeps our hands off it, `plan` ends what was wished before."""

    mode: Literal["charge", "hold", "release", "off", "plan"]
    until: datetime | None = None  # without one, a few hours
    soc: float | None = None  # % to charge to
    reason: str = ""


def taken(wish: ByHand, now: datetime, usual: timedelta, most: timedelta) -> ByHand | None:
    """A wish as it comes, given its end; None where it ends what was wished before."""
    until = now + usual if wish.until is None else wish.until
    soc = None if wish.soc is None else min(max(wish.soc, 0.0), 100.0)
    return in_force(replace(wish, until=until, soc=soc), now, most) if wish.mode != "plan" else None


def in_force(wish: ByHand | None, now: datetime, most: timedelta) -> ByHand | None:
    """What is left of it. A clock that is set back makes it no longer than it may be."""
    if wish is None or wish.until is None or wish.until <= now:
        return None
    return wish if wish.until <= now + most else replace(wish, until=now + most)


def words(wish: ByHand, end: str) -> str:
    """How each reason begins that a person's wish leads to."""
    asked = "switched off by hand" if wish.mode == "off" else f"{wish.mode} by hand"
    return f"{asked} until {end}" + (f" ({wish.reason})" if wish.reason else "")
