"""The declaration a node file ends with."""

from __future__ import annotations

import ast
import importlib
import inspect
import sys
from collections.abc import Awaitable, Callable
from dataclasses import MISSING, dataclass, field, fields
from datetime import datetime
from typing import Any, Protocol

from .calls import Fault
from .linked import Dial, Listener
from .ports import Emit, In, Port, Ports, signature

CRASHED = "crashed"
"""The out port every node has: a bug, as a message. An edge may follow it; it need not."""


@dataclass(frozen=True)
class Input:
    """What an adapter with its own `serve` receives: a body on an in port."""

    port: str
    body: Any
    at: datetime


class Link(Protocol):
    """What `serve(cfg, link)` gets to talk to its flow."""

    async def receive(self) -> Input: ...
    async def emit(self, *emits: Emit) -> None: ...
    def now(self) -> datetime: ...


def volatile(default_factory: Callable[[], Any]) -> Any:
    """A field of a node's state that is not kept over a restart and whose change writes nothing."""
    return field(default_factory=default_factory, metadata={"volatile": True})


def from_file(folder: str) -> Any:
    """A setting that may be named: `tariff: flux` is read from `flux.yaml` in that folder, the flow's or ours."""
    return field(default=None, metadata={"folder": folder})


class Node:
    """One type of node.

    Four shapes, told apart by what is handed in:
    plain    run(cfg, …) -> Emit | list[Emit] | None
    ask/read run(cfg, …) -> Request | Emit, then read(cfg, reply) -> Emit | Request (a further question)
    step     with state=State: run(cfg, state, …) -> (State, results), and read(cfg, state, reply) likewise
    serve    async serve(cfg, link) for a connection that no event covers; its in ports are `ins`

    once:     a request must not be repeated blindly; after a crash `read` gets Reply(unknown=True)
    actuator: writes to hardware or settings; muted by --shadow
    dial:     cfg -> Dial, for a node that lives on another MQTT broker
    listen:   cfg -> Listener, for a node that answers HTTP
    """

    def __init__(
        self,
        name: str,
        config: type,
        out: type[Ports],
        run: Callable[..., Any] | None = None,
        read: Callable[..., Any] | None = None,
        *,
        state: type | None = None,
        serve: Callable[[Any, Link], Awaitable[None]] | None = None,
        ins: type[Ports] | None = None,
        dial: Callable[[Any], Dial] | None = None,
        listen: Callable[[Any], Listener] | None = None,
        once: bool = False,
        actuator: bool = False,
    ) -> None:
        if (run is None) == (serve is None):
            raise TypeError(f"{name}: hand in a function or a serve, not both")
        if state is not None and any(f.default is f.default_factory is MISSING for f in fields(state)):
            raise TypeError(f"{name}: every field of its state needs a default, for the first start")
        self.name, self.config, self.state = name, config, state
        self.run, self.read, self.serve = run, read, serve
        self.dial, self.listen, self.once, self.actuator = dial, listen, once, actuator
        self.outs: dict[str, Port[Any]] = {**out.all, CRASHED: Port(CRASHED, Fault)}
        self.ins: dict[str, In] = {}
        self.event: str | None = None
        self.events: tuple[type, ...] = ()
        self.now: str | None = None
        if run is not None:
            read_off = signature(run, skip=2 if state else 1)
            self.ins, self.event, self.now = read_off.ins, read_off.event, read_off.now
            self.events = read_off.events
        elif ins is not None:
            self.ins = {p.name: In(p.name, p.carries, True, False) for p in ins.all.values()}
        self.module = sys.modules[config.__module__]

    def __reduce__(self) -> tuple[Callable[[str], Node], tuple[str]]:
        """A node is a declaration in a file: a copy in another process is found there again."""
        return _declared, (self.module.__name__,)

    @property
    def doc(self) -> str:
        """The file's docstring, without the node's name."""
        return (self.module.__doc__ or "").removeprefix(f"{self.name}: ").strip()

    def comments(self) -> dict[str, str]:
        """What the file says beside its settings and ports: `Config.url`, `Out.failed` -> the comment on that line."""
        text = inspect.getsource(self.module)
        lines, told = text.splitlines(), dict[str, str]()
        for block in (n for n in ast.parse(text).body if isinstance(n, ast.ClassDef)):
            for item in (i for i in block.body if isinstance(i, ast.AnnAssign) and isinstance(i.target, ast.Name)):
                _, mark, comment = lines[(item.end_lineno or item.lineno) - 1].partition("  # ")
                if mark and isinstance(item.target, ast.Name):
                    told[f"{block.name}.{item.target.id}"] = comment.strip()
        return told


def _declared(module: str) -> Node:
    node = importlib.import_module(module).NODE
    if not isinstance(node, Node):
        raise TypeError(f"{module}.NODE is no node")
    return node
