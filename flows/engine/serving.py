"""Runs a node's own `serve(cfg, link)`: a connection that no event covers, in a thread with an asyncio loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wattwire.broker.envelope import Envelope
from wattwire.nodes import Emit, Input, Link

from .actor import Actor, Work
from .bodies import decode
from .inputs import Input as Arrived

if TYPE_CHECKING:
    from .host import Host


class Serving:
    """The `Link` of the node contract. What `serve` raises is the node's bug, and ends the process."""

    def __init__(self, serve: Callable[[Any, Link], Awaitable[None]], actor: Actor, host: Host) -> None:
        self._serve, self._actor, self._host = serve, actor, host
        self._loop = asyncio.new_event_loop()
        self._inputs: asyncio.Queue[Input] = asyncio.Queue()
        self._given = False  # an input is in the adapter's hands
        actor.serves = self._took

    def start(self) -> None:
        threading.Thread(target=self._run, name="serve", daemon=True).start()

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def receive(self) -> Input:
        """The next input. Asking for it says that the one before is done with: until then that one comes again."""
        if self._given:
            self._given = False
            self._host.post(self._host.desk.handled)
        given = await self._inputs.get()
        self._given = True
        return given

    async def emit(self, *emits: Emit) -> None:
        """Returns once the broker has what was emitted."""
        sent = self._loop.create_future()

        def confirmed() -> None:
            self._loop.call_soon_threadsafe(sent.set_result, None)

        def settle() -> None:
            self._host.desk.settle(Arrived(done=confirmed), self._actor.emitted(emits, self.now()))

        self._host.post(settle)
        await sent

    def _took(self, port: str, message: Envelope, now: datetime) -> Work:
        body = decode(self._actor.node.ins[port].carries, message.body)
        self._loop.call_soon_threadsafe(self._inputs.put_nowait, Input(port, body, now))
        return Work(held=True)

    def _run(self) -> None:
        try:
            self._loop.run_until_complete(self._serve(self._actor.config, self))
        except Exception as wrong:
            bug = wrong

            def crash() -> None:
                self._host.desk.broke(bug)
                raise bug

            self._host.post(crash)
