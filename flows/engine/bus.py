"""The supervisor's own link to the broker: it steps in a thread, and everything heard comes to the asyncio loop."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial
from uuid import uuid4

from wattwire.broker.link import Link, Message
from wattwire.broker.will import Will

Heard = Callable[[str, bytes, bool], None]
"""Called in the loop with topic, payload, and whether it was retained."""


class Bus:
    """`on_up`, `on_down(why)` and `wrong(why)` are called in the loop, the last for what cannot be sent; it
    renews its subscriptions by itself."""

    def __init__(self, url: str, client_id: str, *, will: Will | None = None, on_up: Callable[[], None] = lambda: None,
                 on_down: Callable[[str], None] = lambda _: None,
                 wrong: Callable[[str], None] = lambda _: None) -> None:  # fmt: skip
        self.id, self.up = client_id, asyncio.Event()
        self._on_up, self._on_down, self._wrong = on_up, on_down, wrong
        self._loop = asyncio.get_running_loop()
        self._filters: dict[str, tuple[Heard, int]] = {}
        self._todo: deque[Callable[[], object]] = deque()
        self._echoes: dict[str, asyncio.Event] = {}
        self._ending = False
        self._link = Link(
            url, client_id, on_up=self._linked, on_down=self._unlinked, on_message=self._message, will=will, clean=True
        )
        self._thread = threading.Thread(target=self._step, name="bus", daemon=True)

    def start(self) -> None:
        self._link.connect()
        self._thread.start()

    @property
    def why(self) -> str:
        """Why there is no connection."""
        return self._link.why

    async def close(self, farewell: bool = True) -> None:
        def leave() -> None:
            self._link.close(farewell)
            self._ending = True

        if self._thread.is_alive():
            self._do(leave)
            await asyncio.to_thread(self._thread.join, 2.0)

    def publish(self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1) -> None:
        """Now, or never if there is no connection."""
        self._do(lambda: bool(self._link.publish(topic, payload, retain, None, qos)))

    async def published(self, messages: Iterable[tuple[str, bytes, bool]], patience: float = 5.0) -> bool:
        """Publish all, and wait until the broker has them."""
        last, done = list(messages), asyncio.Event()
        if not last:
            return True
        left = [len(last)]

        def sent() -> None:
            left[0] -= 1
            if not left[0]:
                self._loop.call_soon_threadsafe(done.set)

        for topic, payload, retain in last:
            self._do(partial(self._link.publish, topic, payload, retain, sent))
        return await _within(done, patience)

    async def subscribe(
        self, filters: Iterable[str], heard: Heard, *, qos: int = 1, patience: float = 5.0
    ) -> list[str]:
        """Returns the filters that the broker refused."""
        wanted, done, refused = list(filters), asyncio.Event(), list[str]()
        self._filters.update((name, (heard, qos)) for name in wanted)

        def answered(without: tuple[str, ...]) -> None:
            refused.extend(without)
            self._loop.call_soon_threadsafe(done.set)

        self._do(lambda: bool(self._link.subscribe(wanted, answered, qos)))
        return refused if await _within(done, patience) else wanted

    async def settled(self, flow_topic: str, patience: float = 5.0) -> bool:
        """All that the broker had for us before this call has been heard: a message to ourselves has come back."""
        topic, done = f"{flow_topic}/{uuid4().hex}", asyncio.Event()
        try:
            if await self.subscribe([topic], lambda *_: done.set(), patience=patience):
                return False
            self.publish(topic, b"{}")
            return await _within(done, patience)
        finally:
            del self._filters[topic]
            self._do(lambda: bool(self._link.unsubscribe([topic])))

    def _do(self, what: Callable[[], object]) -> None:
        self._todo.append(what)
        self._link.wake()

    # In the thread

    def _step(self) -> None:
        while not self._ending:
            while self._todo and not self._ending:
                self._try(self._todo.popleft())
            if not self._ending:
                self._link.step(30.0)

    def _try(self, what: Callable[[], object]) -> None:
        try:
            what()
        except Exception as wrong:  # a message that is too large: without this thread the supervisor is deaf for good
            with contextlib.suppress(RuntimeError):  # the loop has ended before us
                self._loop.call_soon_threadsafe(self._wrong, str(wrong) or type(wrong).__name__)

    def _linked(self, _: bool) -> None:
        for name, (_heard, qos) in list(self._filters.items()):
            self._link.subscribe([name], None, qos)
        self._loop.call_soon_threadsafe(self._now_up)

    def _unlinked(self, why: str) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended before us
            self._loop.call_soon_threadsafe(self._now_down, why)

    def _message(self, message: Message) -> None:
        self._link.ack(message)
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._heard, message.topic, message.payload, message.retain)

    # In the loop

    def _now_up(self) -> None:
        self.up.set()
        self._on_up()

    def _now_down(self, why: str) -> None:
        self.up.clear()
        self._on_down(why)

    def _heard(self, topic: str, payload: bytes, retained: bool) -> None:
        from wattwire.broker.topics import matches

        for name, (heard, _) in list(self._filters.items()):
            if name == topic or matches(name, topic):
                heard(topic, payload, retained)


async def _within(done: asyncio.Event, patience: float) -> bool:
    try:
        await asyncio.wait_for(done.wait(), patience)
    except TimeoutError:
        return False
    return True
