"""`wattwire run` with everything kept that it says: every message on its broker, every line, every file."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import httpx
from supervised import Supervised

from wattwire.broker.link import Message

OWN, HELD = Path(__file__).parent / "nodes", Path(__file__).with_name("held_run.py")


class Watched(Supervised):
    """It starts no node before we listen at its broker, as any wait for what it prints or sends makes us do; at a
    broker that it was given, only if we wait for what it sends. One that stands by waits for us when it takes over."""

    def __init__(self, folder: Path, flow: str, *options: str) -> None:
        self.messages: list[Message] = []
        self._broker = options[options.index("--broker") + 1] if "--broker" in options else ""
        theirs, ours = os.pipe()
        self._gate: int | None = ours
        self.inherited, self.command = (theirs,), (sys.executable, "-P", str(HELD), str(theirs))
        try:
            super().__init__(folder, flow, "--nodes", str(OWN), *options)
        except BaseException:
            os.close(ours)
            raise
        finally:
            os.close(theirs)

    @property
    def note(self) -> dict[str, Any]:
        return {"url": self._broker or self.said("broker: mqtt://").rpartition(" ")[2]}

    def early(self) -> Self:
        """Listen from the first message on."""
        self.until(lambda: self.link.up and self._gate is None)
        return self

    def _listening(self) -> None:
        self._let_go()

    def _let_go(self) -> None:
        if self._gate is not None:
            with contextlib.suppress(BrokenPipeError):  # it never came so far
                os.write(self._gate, b".")
            os.close(self._gate)
            self._gate = None

    def _before_more(self) -> None:
        if self._gate is None or not any("broker: mqtt://" in line for line in self.lines):
            return
        if self._broker:  # which may be away on purpose
            self._let_go()
        else:
            self.early()

    def end(self, seconds: float = 40.0) -> int:
        self._let_go()
        return super().end(seconds)

    def close(self) -> None:
        self._let_go()
        super().close()

    def ready(self) -> Self:
        self.said("admin: http")
        return self

    def _hear(self, message: Message) -> None:
        self.messages.append(message)
        with contextlib.suppress(ValueError):
            super()._hear(message)

    def sent(self, source: str) -> list[dict[str, Any]]:
        """What left through a port, each message once, in order."""
        told = [json.loads(m.payload) for m in self.messages if m.payload and m.topic == self.topic(source)]
        return list({it["id"]: it for it in told}.values())

    def bodies(self, source: str) -> list[Any]:
        return [it["body"] for it in self.sent(source)]

    def topic(self, source: str) -> str:
        return f"wattwire/{self.name}/{source.replace('.', '/')}"

    def came(self, source: str, number: int = 1, seconds: float = 40.0) -> list[dict[str, Any]]:
        """Wait until so many have left through a port; all that have."""
        self.until(lambda: len(self.sent(source)) >= number, seconds)
        return self.sent(source)

    def kill(self, node: str) -> None:
        """kill -9, and wait until it has been started again."""
        restarts = self.status(node, "ready")["restarts"]
        os.kill(self.heard[f"{node}/$status"]["pid"], 9)
        self.status(node, "ready", restarts + 1)

    def admin(self, path: str) -> str:
        url = self.said("admin: http").split("admin: ")[1].split()[0]
        return httpx.get(url + path, timeout=30).text

    def open_files(self) -> Iterator[Path]:
        """What others than the owner might read, were the folder itself not closed to them."""
        for file in self.state.rglob("*"):
            if file.is_file() and stat.S_IMODE(file.stat().st_mode) != 0o600:
                yield file
