"""What became of an override that was written once: whether the GX acted on it, and how long it lasted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from wattwire.nodes.gx_dial import LONGEST, SHORTEST

NEAR = 0.35  # of the step; nearer than that a meter is taken to be there
ROW = 3  # this many looks in a row: a load that comes or goes is no proof


@dataclass(frozen=True)
class Look:
    """One look at the GX."""

    at: float  # s since the override was written
    shown: float | None  # the override, as the GX tells it
    meter: float | None  # W


@dataclass(frozen=True)
class Finding:
    taken: bool  # the GX showed it
    done: bool  # the meter followed
    shown_for: float | None = None  # s; None: to the end of the watch
    done_for: float | None = None

    @property
    def life(self) -> float | None:
        """s that it certainly lasted; None: it outlasted the watch, or never did anything."""
        ends = [s for s in (self.shown_for, self.done_for) if s is not None]
        return min(ends) if self.done and ends else None


def find(looks: Sequence[Look], value: float, goal: float, before: float) -> Finding:
    """From looks every few seconds: the meter goes to its goal, and back to where it was before."""
    step = abs(goal - before)
    there = [look.meter is not None and abs(look.meter - goal) <= NEAR * step for look in looks]
    back = [look.meter is not None and abs(look.meter - before) <= NEAR * step for look in looks]
    shown = [look.shown == value for look in looks]
    first = next((i for i in range(len(looks)) if all(there[i : i + ROW]) and len(there[i : i + ROW]) == ROW), None)
    if first is None:
        return Finding(any(shown), False, _last(looks, shown))
    ended = next(
        (i for i in range(first, len(looks)) if all(back[i : i + ROW]) and len(back[i : i + ROW]) == ROW), None
    )
    done_for = (
        None if ended is None else max((k.at for k, on in zip(looks[:ended], there, strict=False) if on), default=0)
    )
    return Finding(any(shown), True, _last(looks, shown), done_for)


def _last(looks: Sequence[Look], shown: Sequence[bool]) -> float | None:
    """When it was last shown, if it is not any more."""
    if not any(shown) or shown[-1]:
        return None
    return max(look.at for look, on in zip(looks, shown, strict=True) if on)


def words(found: Finding, firmware: str, watched: float) -> list[str]:
    """For a person: what this firmware does, and what to put into the flow."""
    if not found.taken:
        return [f"{firmware}: the GX did not even show the override. Use the slot (hold: slot, the default)."]
    if not found.done:
        return [f"{firmware}: the GX showed the override but ignored it. Use the slot (hold: slot, the default)."]
    if found.life is None:
        return [
            f"{firmware}: the override worked, and was still there after {watched:.0f} s without being written again.",
            "It would outlive us. Use the slot (hold: slot, the default).",
        ]
    told = [f"{firmware}: the override worked, and ended by itself after {found.life:.0f} s."]
    if found.shown_for is None:
        told.append("The GX went on showing it: what it shows is no proof on this firmware.")
    if not SHORTEST.total_seconds() <= found.life <= LONGEST.total_seconds():
        return [*told, "That is too short or too long to rely on. Use the slot (hold: slot, the default)."]
    line = f"victronGx: {{config: {{hold: overrides, proven: {{{firmware}: {int(found.life)}s}}}}}}"
    return [
        *told,
        "To hold by overrides (the battery feeds the house, not the car), put this into the flow:",
        f"  {line}",
    ]
