"""What victronGx remembers: the little that must outlive a restart, and the connection in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from . import Action, Emit, volatile
from .gx_topics import Value
from .messages import House, Lease

Results: TypeAlias = list[Emit | Action]


@dataclass(frozen=True)
class Work:
    """Writes under way: group after group is written, read back and compared; then the effect is awaited."""

    goal: Literal["none", "on", "off", "failed"] = "none"
    groups: tuple[Mapping[str, float], ...] = ()  # the first is written, the others follow
    tries: int = 0
    proving: int = 0  # 0: still writing
    lease: Lease | None = None  # what it is for
    why: str = ""  # it is switched off, or failed


@dataclass(frozen=True)
class Live:
    """The connection in hand; begun anew whenever it comes up."""

    since: datetime | None = None  # up since then
    portal: str = ""  # whose serial number was heard
    token: str = ""  # the echo that ends the full publish we wait for
    ready: bool = False  # the full publish came to its end
    beat: datetime | None = None
    skew: float = 0.0  # s, the GX's clock minus ours
    seen: Mapping[str, Value] = field(default_factory=dict)
    house: House | None = None  # last told
    wrong: str = ""  # why we refuse to run on this GX
    lost: bool = False  # said once
    armed: bool = False  # the last will is set; outlives the connection, not the process
    swept: bool = False  # leftovers of an earlier life were looked for; likewise
    work: Work = field(default_factory=Work)


@dataclass(frozen=True)
class State:
    portal: str = ""
    originals: Mapping[str, float] = field(default_factory=dict)  # the slot before we first touched it
    written: Mapping[str, float] = field(default_factory=dict)  # the slot as we wrote it last
    wish: Lease | None = None
    held: Lease | None = None  # in force on the GX
    blocked: str = ""  # somebody changed our slot
    live: Live = volatile(Live)
