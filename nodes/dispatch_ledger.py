"""dispatchLedger: keep the record of every half hour that was offered: what it was taken for, and what came of it."""

from dataclasses import dataclass

from . import Emit, Node, Now, Port, Ports, keep
from .kraken_completed import Completed
from .messages import Plan, Rate
from .slot_record import Record, Slot, State, decided, listed, offered


@dataclass(frozen=True, kw_only=True)
class Config:
    pass


class Out(Ports):
    record: Port[Record] = keep()  # of the last days, at each change
    settled: Port[Slot]  # each half hour once, when Octopus's own list has reached it
    differs: Port[Slot]  # those taken for something other than what Octopus lists; `why` says so


def enter(
    cfg: Config, state: State, plan: Plan | None, rate: Rate | None, completed: Completed | None, now: Now
) -> tuple[State, list[Emit]]:
    old, settled = state, list[Slot]()
    if plan is not None:
        state = offered(state, plan, now)
    elif rate is not None:
        state = decided(state, rate)
    elif completed is not None:
        state, settled = listed(state, completed, now)
    told = [] if state.slots == old.slots else [Out.record(state.told(now))]
    return state, [*map(Out.settled, settled), *(Out.differs(s.apart()) for s in settled if s.agrees is False), *told]


NODE = Node("dispatchLedger", Config, Out, enter, state=State)
