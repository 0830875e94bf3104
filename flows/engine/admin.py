"""The admin port, on loopback: metrics of the supervisor and of every node as targets of their own, and health."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from .gauges import SupervisorGauges
from .pages import Page, Pages
from .verbs import health

if TYPE_CHECKING:
    from .supervisor import Supervisor

PORT = 9480
PATIENCE = 2.0  # seconds for a node to tell its numbers
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
METRICS = "text/plain; version=0.0.4; charset=utf-8"
JSON = "application/json; charset=utf-8"


class Admin:
    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor, self._gauges = supervisor, SupervisorGauges(supervisor)
        self._pages = Pages(self._page)
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def open(self, port: int | None) -> None:
        """On the usual port or, if that is taken, on a free one. Raises OSError if a port was named and is taken."""
        try:
            self.port = await self._pages.open("127.0.0.1", PORT if port is None else port)
        except OSError:
            if port is not None:
                raise
            self.port = await self._pages.open("127.0.0.1", 0)

    def close(self) -> None:
        self._pages.close()

    async def _page(self, path: str, host: str) -> Page:
        if not local(host):
            return Page("this port answers only as localhost\n", 403)
        match [unquote(part) for part in path.split("/")]:
            case ["", "metrics"]:
                return Page(self._gauges.text().decode(), kind=METRICS)
            case ["", "metrics", flow, node]:
                return await self._node(flow, node)
            case ["", "sd"]:
                return Page(json.dumps(self._targets(host)), kind=JSON)
            case ["", "health"]:
                told = {name: health(run) for name, run in self._supervisor.runs.items()}
                fine = all(run["healthy"] for run in told.values())
                return Page(json.dumps({"healthy": fine, "flows": told}), 200 if fine else 503, JSON)
            case _:
                return Page("no such page; there are /metrics, /metrics/FLOW/NODE, /sd, /health\n", 404)

    async def _node(self, flow: str, node: str) -> Page:
        run = self._supervisor.runs.get(flow)
        minder = run.minders.get(node) if run else None
        if minder is None:
            return Page("no such node here\n", 404)
        text = await minder.metrics(PATIENCE)
        if text is None:
            return Page(f"{minder.name} does not answer: {minder.state} {minder.text}\n", 503)
        return Page(text, kind=METRICS)

    def _targets(self, here: str) -> list[dict[str, object]]:
        """One target per node, each with its own `up`; reached where Prometheus reached us."""
        of = [("", "supervisor", "/metrics")]
        for flow, run in self._supervisor.runs.items():
            of += [(flow, node, f"/metrics/{quote(flow)}/{quote(node)}") for node in run.minders if node in run.owned]
        return [
            {"targets": [here], "labels": {"__metrics_path__": path, "flow": flow, "node": node}}
            for flow, node, path in of
        ]


def local(host: str) -> bool:
    """A web page can make a browser ask us under a name of its own (DNS rebinding): such a name is refused."""
    name = host.strip("[]") if host.endswith("]") else host.rsplit(":", 1)[0].strip("[]")
    return name.lower() in LOCAL
