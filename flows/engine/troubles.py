"""What is wrong with a node, since when, and how that is said: once, and once when it is over."""

from __future__ import annotations

import re
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from .durations import spell
from .edges import wait
from .graph import Flow

FIGURES = re.compile(r"\d[\d.,:]*")
BARE = re.compile(r"HTTP \d+")
GRACE = timedelta(seconds=30)  # what is over sooner, and did not happen twice, is not worth a line
STEPS = 3  # waits of a retry that are spelled out


@dataclass
class Trouble:
    since: datetime
    why: str
    about: Hashable  # troubles about the same thing are one: whose server it is, and what it answers
    port: str = ""  # that it left by
    level: str = "info"
    times: int = 1
    counts: int = 1  # since another node's trouble about the same thing was over
    grace: timedelta = GRACE
    told: bool = False
    alarmed: bool = False  # a person was told
    said: set[str] = field(default_factory=set)  # reasons that were told, without their figures
    also: list[str] = field(default_factory=list)  # nodes whose trouble was the same
    other: str = ""  # another reason, seen once: it may be a passing one

    def again(self, why: str) -> bool:
        """Count a failure; False if its reason is one that has not been seen twice in a row."""
        if plain(why) == plain(self.why):
            self.counts, self.other = self.counts + 1, ""
            return True
        if plain(why) == self.other:
            self.counts, self.other = max(self.counts, 1) + 1, ""
            return True
        self.other = plain(why)
        return False

    def same(self, it: Trouble) -> bool:
        """Whether they are one: about the same thing, or of two nodes of which one says what the other said."""
        mine, its = plain(self.why), plain(it.why)
        words = isinstance(self.about, str) and isinstance(it.about, str) and bool(mine and its)
        return self.about == it.about or (words and (mine in its or its in mine))


def plain(text: str) -> str:
    """Without figures: what differs only in them is the same story."""
    return FIGURES.sub("", text)


def remote(flow: Flow, node: str) -> str:
    """The host that a node calls, or the node."""
    it = flow.nodes.get(node)
    url = getattr(it.config, "url", None) if it else None
    host = (urlsplit(url).hostname if isinstance(url, str) else None) or node
    return next((name for name in flow.nodes if f"{name.lower()}.flow" == host), host)


def answered(flow: Flow, node: str, why: str) -> str:
    """`HTTP 503` alone does not say whose."""
    return f"{remote(flow, node)} answers {why}" if BARE.fullmatch(why) else why


def again(flow: Flow, node: str, port: str) -> str:
    """What the flow's own edge does about it, in words."""
    for edge in flow.edges:
        if edge.source == f"{node}.{port}" and edge.to.partition(".")[0] == node and edge.after is not None:
            tries = min(STEPS, edge.times or STEPS)
            waits = [spell(wait(edge.after, n, lambda: 0.0)) for n in range(1, tries + 1)]
            more = " …" if edge.times is None or edge.times > tries else ""
            told = waits[0] if len(set(waits)) == 1 else f"{', '.join(waits)}{more}"
            most = f", {edge.times} times at most" if edge.times is not None else ""
            return f"; asked again after {told}{most}"
    return ""


def clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M:%S} UTC"


def lasted(span: timedelta) -> str:
    seconds = max(0.0, span.total_seconds())
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    if seconds < 100 * 60:
        return f"{seconds / 60:.0f} min"
    return f"{seconds / 3600:.0f} h" if seconds < 48 * 3600 else f"{seconds / 86400:.0f} days"
