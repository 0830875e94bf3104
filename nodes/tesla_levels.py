"""The two levels of a Tesla's battery: the gross one, and the usable one that the car and its app show.

In the cold the gross level is some points higher. A source that tells only one of them still tells the other, about.
"""

from __future__ import annotations

from dataclasses import dataclass

from .messages import Car

MOST = 10.0  # points between the two; more is no cold battery but a mistake


@dataclass(frozen=True)
class Levels:
    gross: float | None
    usable: float | None
    offset: float | None  # gross minus usable, as last seen together
    reckoned: tuple[str, ...] = ()


def percent(level: float | None) -> float | None:
    """A level that a battery can have; any other is a mistake that says nothing."""
    return level if level is not None and 0 <= level <= 100 else None


def levels(gross: float | None, usable: float | None, last: Car, offset: float | None) -> Levels:
    """What is known of both once a source has told one, both or none of them."""
    match gross, usable:
        case None, None:
            return Levels(last.soc, last.soc_usable, offset, last.reckoned)
        case float(), float():
            apart = gross - usable
            return Levels(gross, usable, apart if 0 <= apart <= MOST else offset)
        case float(), None if offset is not None:
            return Levels(gross, max(0.0, gross - offset), offset, ("soc_usable",))
        case None, float() if offset is not None:
            return Levels(min(100.0, usable + offset), usable, offset, ("soc",))
    return Levels(last.soc if gross is None else gross, last.soc_usable if usable is None else usable, offset)
