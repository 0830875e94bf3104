"""The order in which a flow's processes stop: what holds hardware lets go first, and the carrier of edges goes last."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from time import monotonic

from .graph import Flow
from .minder import Minder
from .routes import EDGES

IN_ALL = 4.2  # seconds, of the five that a stop may take
SHARES = (2.2, 1.2, 1.2, 0.8)  # at most, of each group


def order(flow: Flow) -> list[list[str]]:
    """Actuators, sources, the rest, the edges."""
    fed = {e.to.partition(".")[0] for e in flow.edges}
    groups: list[list[str]] = [[], [], [], [EDGES]]
    for name, node in flow.nodes.items():
        groups[0 if node.type.actuator or node.type.dial else 2 if name in fed else 1].append(name)
    return groups


async def stop(flow: Flow, minders: Mapping[str, Minder]) -> list[str]:
    """Returns those that had to be killed."""
    until, left = monotonic() + IN_ALL, list[str]()
    for group, share in zip(order(flow), SHARES, strict=True):
        names = [n for n in group if n in minders]
        patience = max(0.1, min(share, until - monotonic()))
        done = await asyncio.gather(*(minders[n].stop(patience) for n in names))
        left += [n for n, ended in zip(names, done, strict=True) if not ended]
    await asyncio.gather(*(minders[n].kill() for n in left))
    return left
