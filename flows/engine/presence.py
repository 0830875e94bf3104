"""How a node is, for everybody to read on its `$status`."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from wattwire.broker import topics
from wattwire.broker.envelope import stamp

from .setup import Setup


class Presence:
    """Said when it changes, and again at each connection; `lost` is the last will."""

    def __init__(
        self, setup: Setup, say: Callable[[str, bytes], object], tell: Callable[[dict[str, Any]], None]
    ) -> None:
        self._setup, self._say, self._tell = setup, say, tell
        self.topic = topics.status(setup.flow.name, setup.node)
        self._now = {"state": "starting", "text": "", "fill": "yellow"}
        self._since, self._address = stamp(datetime.now(UTC)), ""

    def listens(self, at: str) -> None:
        """From now on this is told beside all that it says of itself."""
        self._address = f"listens on {at}"
        self.set(text="")

    def set(self, state: str | None = None, text: str | None = None, fill: str | None = None) -> None:
        """Say how the node is, if that is news."""
        if text is not None and state is None:
            text = ", ".join(filter(None, [text, self._address]))
        given = {"state": state, "text": text, "fill": fill}
        now = {**self._now, **{k: v for k, v in given.items() if v is not None}}
        if now == self._now:
            return
        if now["state"] != self._now["state"]:
            self._since = stamp(datetime.now(UTC))
        self._now = now
        self._tell({"status": now})
        self.again()

    def ready(self) -> None:
        self.set("ready", fill="green" if self._now["fill"] == "yellow" and self._now["state"] == "starting" else None)

    def again(self) -> None:
        self._say(self.topic, self.payload(**self._now))

    def lost(self) -> bytes:
        return self.payload("lost", "its connection is lost", "red")

    def payload(self, state: str, text: str, fill: str) -> bytes:
        said = {"state": state, "text": text, "fill": fill, "since": self._since, "host": self._setup.label,
                "pid": os.getpid(), "restarts": self._setup.restarts}  # fmt: skip
        return json.dumps(said).encode()
