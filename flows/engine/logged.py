"""The log of a flow that is lived through on the bench: in the same words as that of one that runs."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from wattwire.nodes import Status

from .chronicle import Chronicle, Write
from .graph import Flow
from .outcomes import Outcomes
from .work import Work


class Logged(Chronicle):
    """Told of each call, in its turn."""

    def __init__(self, flow: Flow, write: Write) -> None:
        super().__init__(flow, write)
        self._now = datetime.min
        self._outcomes = {name: Outcomes(it.type, partial(self._tells, name), partial(self._shows, name))
                          for name, it in flow.nodes.items()}  # fmt: skip

    def heed(self, node: str, work: Work, now: datetime) -> None:
        self._now = now
        self.tick(now)
        if work.sent:
            self._outcomes[node].heed(work.sent)
        for action in work.actions:
            if isinstance(action, Status):
                self._shows(node, action.text, action.fill)

    def _tells(self, node: str, said: dict[str, Any]) -> None:
        self.told(node, said, self._now)

    def _shows(self, node: str, text: str, fill: str) -> None:
        self.status(node, "ready", text, fill, self._now)
