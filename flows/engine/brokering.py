"""Which broker a run uses: the one that was named, one of its own, or that of a run of the same flow beside it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from wattwire.broker.address import address

from . import statefolder
from .graph import Flow
from .meeting import Stopped
from .options import Options, hosted
from .ownbroker import OwnBroker
from .ownership import BROKER, Lock, of_node

AGAIN = 0.5  # seconds between looks at the lock


@dataclass
class Chosen:
    url: str  # the quickest way
    public: str  # for anybody on this machine
    own: OwnBroker | None = None
    neighbour: int | None = None  # the process whose broker it is
    lock: Lock | None = None

    def release(self) -> None:
        if self.own is not None:
            self.own.stop()
        if self.lock is not None:
            self.lock.release()


async def choose(
    flows: Sequence[Flow], options: Options, told: asyncio.Event, say: Callable[[str, str], None]
) -> Chosen:
    """Waits while another run here has all that we are to run. Raises Unusable, BrokerFailed, Stopped."""
    first = flows[0].name
    folder = statefolder.prepare(options.root / first)
    if options.broker:
        say(f"broker: {address(options.broker)}, as given with --broker", "info")
        return Chosen(options.broker, options.broker)
    lock, said = Lock(folder / BROKER), False
    while not lock.take():
        there = statefolder.running(options.root, first)
        if there and _something_free(flows, options):
            say(f"broker: the one that process {there['pid']} runs for this flow", "info")
            return Chosen(str(there["nearest"]), str(there["url"]), neighbour=int(there["pid"]))
        if not said:
            say(f"process {lock.holder()} runs {first} here; standing by", "warning")
            said = True
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(told.wait(), AGAIN)
            raise Stopped
    own = OwnBroker(folder, options, say)
    try:
        own.start()
    except BaseException:
        lock.release()
        raise
    return Chosen(own.nearest, own.url, own, lock=lock)


def _something_free(flows: Sequence[Flow], options: Options) -> bool:
    for flow in flows:
        for name in hosted(flow, options):
            lock = of_node(options.root / flow.name, name)
            if lock.take():
                lock.release()
                return True
    return False
