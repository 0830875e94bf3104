"""All the processes of one flow: seated, started together, and kept together when the broker goes."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from wattwire.broker import topics

from . import announcing, seating
from .channel import Message
from .chronicle import Chronicle
from .graph import Flow
from .holding import Holding
from .logbook import Entry, Logbook
from .means import Means, apart
from .minder import Minder
from .options import hosted, shares
from .setup import Setup
from .shown import Shown
from .statefolder import BUDGETS, Unusable, prepare

TOGETHER, AGAIN = 10.0, 5.0  # seconds to wait for all seats: at the start, and when the broker came back


class FlowRun:
    def __init__(self, flow: Flow, means: Means) -> None:
        self.flow, self.means, self.bus = flow, means, means.bus
        self.folder = prepare(means.options.root / flow.name)
        self.minders = {name: self.minder(flow, name) for name in hosted(flow, means.options)}
        self.book, self.chronicle = Logbook(self.folder), Chronicle(flow, self._tell)
        self.holding = Holding(flow.name, self.folder, means.me, means.bus, self._stand_by)
        self.open = self.stopping = self.paused = False
        self._recovery: asyncio.Task[None] | None = None
        self._shown = Shown(self._status, self._publish, means.later, lambda: self.stopping)
        self._moved = asyncio.Event()  # somebody took a seat, or will not
        self.requests: Callable[[FlowRun, str, bytes], None] = lambda *_: None

    @property
    def owned(self) -> set[str]:
        return self.holding.owned

    def _ours(self) -> list[Minder]:
        return [m for name, m in self.minders.items() if name in self.owned]

    # Start

    async def begin(self) -> list[str]:
        """Own and seat what is to run here, before anything runs. Returns the nodes that are ours."""
        name = self.flow.name
        wanted = [topics.owner(name, "+"), topics.status(name, "+"), topics.request(name, "+")]
        if await self.bus.subscribe(wanted, self._heard) or not await self.holding.settled():
            self.tell("", "error", f"the broker does not let us use {topics.BASE}/{name}/#: see its ACL")
        return await self.acquire(list(self.minders))

    async def acquire(self, names: Sequence[str]) -> list[str]:
        """Take what nobody else runs, and seat it."""
        mine = await self.holding.acquire(names)
        if mine:
            await self.seat(mine)
            self.announce()
        return mine

    async def seat(self, names: Sequence[str]) -> None:
        todo = seating.plan(self.flow, names, seating.ledger(self.folder))
        outcome = await seating.carry_out(self.means.url, todo)
        seating.renew(self.folder, outcome)
        for node, filters in outcome.refused.items():
            self.tell(node, "error", f"the broker does not let it read {', '.join(filters)}: see its ACL")
        for node, why in outcome.failed.items():
            self.tell(node, "error", f"its subscriptions at the broker cannot be made: {why}")
        await self.bus.published((topic, b"", True) for topic in todo.clear)
        await seating.emptied(self.folder, self.flow, self.bus.published)
        try:
            seating.remember(self.flow, self.folder, todo, outcome.failed)
        except Unusable as wrong:
            self.tell("", "error", str(wrong))

    async def launch(self, names: Sequence[str], patience: float = TOGETHER) -> None:
        self.chronicle.expect(names, datetime.now(UTC))
        for n in names:
            self.minders[n].start()
        await self.gate(patience)

    async def gate(self, patience: float) -> None:
        """Let them publish once all have their seats; those that are late or cannot come are not waited for."""
        loop = asyncio.get_running_loop()
        until, saved = loop.time() + patience, asyncio.create_task(asyncio.to_thread(self.means.save))
        while late := [m.name for m in self._ours() if m.due]:
            self._moved.clear()
            try:
                await asyncio.wait_for(self._moved.wait(), until - loop.time())
            except TimeoutError:
                self.tell("", "warning", f"not in place after {patience:g} s, going on without: {', '.join(late)}")
                break
        await saved
        self.open = self.bus.up.is_set()  # else all is done anew when the broker is back
        for m in self._ours() if self.open else ():
            m.send({"go": True})  # to one that is late as well: it waits for its own connection

    # The broker

    def down(self) -> None:
        """The broker is gone: nobody may publish until all have been seen again."""
        self.open = False
        if self._recovery is not None:
            self._recovery.cancel()
        for m in self.minders.values():
            m.unseat()

    def up(self) -> None:
        if self._recovery is not None:
            self._recovery.cancel()
        self._recovery = asyncio.create_task(self._recover())

    async def _recover(self) -> None:
        """It is back, perhaps without what it knew, and perhaps with what others took over meanwhile."""
        await self.holding.settled()
        self.holding.insist()
        if self.owned:
            self.announce()
        gone = [n for n in self.owned if self.minders[n].process is None]
        if gone:
            await self.seat(gone)
        for n in gone:
            self._publish(self.minders[n])
        await self.gate(AGAIN)

    # What minders tell

    def launched(self, minder: Minder) -> None:
        minder.send({"addresses": {m.name: m.address for m in self.minders.values() if m.address}})
        if self.paused:
            minder.send({"pause": True})
        self.means.changed()

    def seated(self, minder: Minder) -> None:
        if self.open and minder.name in self.owned:
            minder.send({"go": True})
        self._moved.set()

    def changed(self, minder: Minder) -> None:
        if not minder.own_word:
            self._publish(minder)
        if not self.stopping:
            self.chronicle.status(minder.name, minder.state, minder.text, minder.fill, datetime.now(UTC))
        self._moved.set()
        self.means.changed()

    def addressed(self, minder: Minder) -> None:
        for m in self.minders.values():
            m.send({"addresses": {minder.name: minder.address}})
        self._moved.set()

    def say(self, minder: Minder, level: str, text: str) -> None:
        if self.open or not text.startswith("broker: "):  # once it is known to be gone, not by each of them
            self.tell(minder.name, level, text)

    def told(self, minder: Minder, said: Message) -> None:
        self.chronicle.told(minder.name, said, datetime.now(UTC))

    # What people ask for

    def pause(self, on: bool) -> None:
        self.paused = on
        for m in self.minders.values():
            m.send({"pause": on})

    # Owners

    async def watch(self) -> None:
        """Take over what others ran, once they let go."""
        said = ""
        while True:
            waiting = [n for n, m in self.minders.items() if n not in self.owned and m.state == "standby"]
            try:
                ready = await self.holding.freed(waiting)
                if ready and not self.stopping:
                    await self.launch(await self.acquire(ready))
            except OSError as wrong:  # no file for a lock, for a moment perhaps
                if str(wrong) != said:
                    self.tell("", "error", f"cannot take over: {wrong}")
                said = str(wrong)

    def _stand_by(self, name: str, who: str) -> None:
        minder = self.minders[name]
        if minder.process is not None:
            self.means.later(self._step_down(minder, who))
        elif minder.state != "standby":
            minder.become("standby", f"run by {who}; standing by", "grey")
            self.tell(name, "warning", f"is run by {who}; standing by")

    async def _step_down(self, minder: Minder, who: str) -> None:
        """Another supervisor took the node while we were cut off: it is that one's now."""
        if not await minder.stop(2.0):
            await minder.kill()
        self._stand_by(minder.name, who)

    def _heard(self, topic: str, payload: bytes, retained: bool) -> None:
        _, _, node, *rest = topic.split("/")
        if node == "$request":
            if not retained:
                self.requests(self, rest[0], payload)
        elif rest == ["$owner"] and not self.stopping:
            self.holding.heard(node, payload)
        elif rest == ["$status"] and node in self.owned and not self.stopping:
            minder = self.minders[node]
            if b'"state": "lost"' in payload and minder.process is None and not minder.own_word:
                self._publish(minder)  # its last will came after our word
            self._shown.heard(minder, payload)

    # Words

    def tell(self, node: str, level: str, text: str) -> None:
        self.chronicle.say(node, level, text, datetime.now(UTC))

    def _tell(self, entry: Entry) -> None:
        self.book.add(entry)
        self.means.say(self.flow.name, entry)

    def announce(self) -> None:
        self.bus.publish(topics.graph(self.flow.name), announcing.graph(self.flow, datetime.now(UTC)), retain=True)

    def _publish(self, m: Minder) -> None:
        if m.name in self.owned and m.state != "standby":
            self.bus.publish(topics.status(self.flow.name, m.name), self._shown.says(m), retain=True)

    def _status(self, m: Minder) -> bytes:
        return announcing.status(m.state, m.text, m.fill, since=m.since, host=self.means.options.host, pid=m.pid,
                                 restarts=m.restarts)  # fmt: skip

    def minder(self, flow: Flow, name: str) -> Minder:
        options = self.means.options
        setup = Setup(flow=apart(flow, name), node=name, broker=self.means.url, state=self.folder,
                      shadow=options.shadow, label=options.host, seed=secrets.randbits(32),
                      shared=shares(flow, name, options),
                      beat=min(Setup.beat, options.hang / 3), budgets=options.root / BUDGETS)  # fmt: skip
        return Minder(setup, flow.nodes.get(name), self.means.launcher, self, options.hang)
