"""Runs a node's own `serve(cfg, link)`: a connection that no event covers, in a thread with an asyncio loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from wattwire.broker.envelope import Envelope
from wattwire.nodes import Emit, Input, Link

from .actor import Actor, Work
from .bodies import decode
from .inputs import Input as Arrived

if TYPE_CHECKING:
    from .host import Host


class ServeHasReturned(Exception):
    """A node that looks ready and does nothing."""


class Serving:
    """The `Link` of the node contract. What `serve` raises is the node's bug, and ends the process."""

    def __init__(self, serve: Callable[[Any, Link], Awaitable[None]], actor: Actor, host: Host) -> None:
        self._serve, self._actor, self._host = serve, actor, host
        self._loop = asyncio.new_event_loop()
        self._inputs: asyncio.Queue[tuple[Input, Envelope]] = asyncio.Queue()
        self._given: Envelope | None = None  # what is in the adapter's hands
        self._by: asyncio.Task[Any] | None = None  # the task that has it: what others emit, it has not caused
        self._running: asyncio.Future[None] | None = None
        self._sent = 0  # messages of it so far
        actor.serves = self._took

    def start(self) -> None:
        threading.Thread(target=self._run, name="serve", daemon=True).start()

    def close(self) -> None:
        """The node ends, and its process goes on."""
        if self._running is not None:
            with suppress(RuntimeError):  # it has ended
                self._loop.call_soon_threadsafe(self._running.cancel)

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def receive(self) -> Input:
        """The next input. Asking for it says that the one before is done with: until then that one comes again."""
        if self._given:
            self._given = None
            self._host.post(self._host.desk.handled)
        given, self._given = await self._inputs.get()
        self._by, self._sent = asyncio.current_task(), 0
        return given

    async def emit(self, *emits: Emit) -> None:
        """Returns once the broker has what was emitted."""
        sent = self._loop.create_future()

        def confirmed() -> None:
            self._loop.call_soon_threadsafe(sent.set_result, None)

        cause = self._given if asyncio.current_task() is self._by else None
        before, self._sent = self._sent, self._sent + len(emits) if cause else self._sent

        def settle() -> None:
            work = self._actor.emitted(emits, self.now(), cause, before if cause else 0)
            self._host.desk.settle(Arrived(done=confirmed), work)

        self._host.post(settle)
        await sent

    def _took(self, port: str, message: Envelope, now: datetime) -> Work:
        body = decode(self._actor.node.ins[port].carries, message.body)
        self._loop.call_soon_threadsafe(self._inputs.put_nowait, (Input(port, body, now), message))
        return Work(held=True)

    def _run(self) -> None:
        try:
            self._running = asyncio.ensure_future(self._serve(self._actor.config, self), loop=self._loop)
            self._loop.run_until_complete(self._running)
            raise ServeHasReturned
        except BaseException as wrong:
            bug = wrong if isinstance(wrong, Exception) else RuntimeError(type(wrong).__name__)

            def crash() -> None:
                self._host.desk.broke(bug)
                raise bug

            self._host.post(crash)
