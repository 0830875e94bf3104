"""What a node's process is told when it starts, and what it and the supervisor say to each other after that.

The channel is a stream socket with one JSON object a line. When it ends, the supervisor is dead and the node ends too.

node -> supervisor
    {"seated": {"session": bool}}            subscribed, after each connect; publishes nothing until it is told to
    {"status": {"state", "text", "fill"}}    the same that stands on `$status`
    {"beat": seconds}                        its main loop turns; monotonic, every few seconds
    {"address": "127.0.0.1:4123"}            where it answers HTTP
    {"answer": what, "number": n}            in reply to a question of that number: text, or the inputs found
    {"log": {"level", "text"}}               for the supervisor to print
supervisor -> node
    {"go": true}                             everybody is seated: publish, replay
    {"metrics": n}
    {"addresses": {node: "127.0.0.1:4123"}}  where `http://<node>.flow` is
    {"again": i, "number": n}                hand in again the input i that was set aside; null: all
    {"pause": true} / {"pause": false}       sources stay quiet
    {"stop": true}                           finish what is in hand, release, say stopped, exit 0
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from .graph import Flow
from .statefolder import BUDGETS

TURN, LONG = "shared.turn", 64
"""A file in a flow's state folder, and the bytes of a name there: which node has its turn in the shared process."""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """Pickled to the node's process: everything it needs, so that it reads no flow file."""

    flow: Flow
    node: str  # or routes.EDGES
    broker: str  # mqtt://…, mqtts://… or unix:///path
    state: Path  # the folder of this flow's state, mode 0700
    shadow: bool = False
    label: str = ""  # of this machine, for $status
    restarts: int = 0
    seed: int = 0
    beat: float = 3.0  # seconds between signs of life
    warnings: tuple[str, ...] = ()
    shared: bool = False  # with others in one process, which it may not hold up
    budgets: Path | None = None  # where calls are counted, for all flows of the house

    @property
    def store(self) -> Path:
        """The node's own file."""
        return self.state / f"{self.node}.db"

    @property
    def ledger(self) -> Path:
        return self.budgets or self.state / BUDGETS
