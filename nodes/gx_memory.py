"""What victronGx remembers: the little that must outlive a restart, and the connection in hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

from . import Action, Emit, volatile
from .gx_topics import Value
from .messages import Charger, House, Lease

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
    was_on: bool = False  # what is switched off


@dataclass(frozen=True)
class Wear:
    """The flash of a GX: how often each setting of our slot was written on a day of its own."""

    day: date | None = None
    writes: Mapping[str, int] = field(default_factory=dict)
    warned: tuple[str, ...] = ()


@dataclass(frozen=True)
class Live:
    """The connection in hand; begun anew whenever it comes up."""

    since: datetime | None = None  # up since then
    why: str = ""  # it is down
    denied: bool = False  # said once
    portal: str = ""  # whose serial number was heard
    token: str = ""  # the echo that ends the full publish we wait for
    asked: int = 0  # full publishes that were asked for in vain
    ready: bool = False  # the full publish came to its end
    beat: datetime | None = None
    skew: float = 0.0  # s, the GX's clock minus ours
    seen: Mapping[str, Value] = field(default_factory=dict)
    soc_at: datetime | None = None  # when the state of charge was last told, changed or not
    looked: datetime | None = None  # when what a lease hangs on was last asked for
    charger: Charger | None = None
    house: House | None = None  # last told
    wrong: str = ""  # why we refuse to run on this GX
    lost: bool = False  # said once
    armed: bool = False  # the last will is set; outlives the connection, not the process
    swept: bool = False  # leftovers of an earlier life were looked for; likewise
    others: bool = False  # another installation's lease was told; likewise
    unseen: int = 0  # refreshes of the override that the GX did not show
    work: Work = field(default_factory=Work)


@dataclass(frozen=True)
class State:
    portal: str = ""
    mark: int = 0  # which leases are ours: the odd seconds of their Duration
    originals: Mapping[str, float] = field(default_factory=dict)  # the slot as its user left it
    written: Mapping[str, float] = field(default_factory=dict)  # the slot as we wrote it last
    touched: bool = False  # not all of it is put back as its user left it
    tried: Mapping[str, tuple[float, ...]] = field(default_factory=dict)  # what was written of late; it may show yet
    tried_at: datetime | None = None  # the last of it
    target: float | None = None  # the Soc it last ran with
    over: float | None = None  # W, the Setpoint override that is ours to undo
    wish: Lease | None = None
    held: Lease | None = None  # in force on the GX
    blocked: str = ""  # somebody changed our slot
    owner: str = ""  # whose lease that was: a release of its own does not go on with it
    away: bool = False  # the house was seen without the grid
    back: datetime | None = None  # and then with it again
    wear: Wear = field(default_factory=Wear)
    live: Live = volatile(Live)
