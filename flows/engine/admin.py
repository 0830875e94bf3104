"""The admin port, on loopback: metrics of the supervisor and of every node as targets of their own, and health."""

from __future__ import annotations

import socket
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import quote

from aiohttp import web

from .gauges import SupervisorGauges
from .ledger import standing
from .statefolder import BUDGETS
from .verbs import health

if TYPE_CHECKING:
    from .supervisor import Supervisor

PATIENCE = 2.0  # seconds for a node to tell its numbers
LOCAL = frozenset({"localhost", "127.0.0.1", "::1"})
TEXT = "text/plain; version=0.0.4; charset=utf-8"

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Admin:
    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor, self._gauges = supervisor, SupervisorGauges(supervisor)
        app = web.Application(middlewares=[loopback_only])
        app.router.add_get("/metrics", self._metrics)
        app.router.add_get("/metrics/{flow}/{node}", self._node)
        app.router.add_get("/sd", self._sd)
        app.router.add_get("/health", self._health)
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False)

    async def open(self, sock: socket.socket) -> None:
        """Answer visitors, those already at the door included."""
        await self._runner.setup()
        await web.SockSite(self._runner, sock).start()

    async def close(self) -> None:
        await self._runner.cleanup()

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._gauges.text(), headers={"content-type": TEXT})

    async def _node(self, request: web.Request) -> web.Response:
        run = self._supervisor.runs.get(request.match_info["flow"])
        minder = run.minders.get(request.match_info["node"]) if run else None
        if minder is None:
            raise web.HTTPNotFound(text="no such node here\n")
        text = await minder.metrics(PATIENCE)
        if text is None:
            raise web.HTTPServiceUnavailable(text=f"{minder.name} does not answer: {minder.state} {minder.text}\n")
        return web.Response(text=text, headers={"content-type": TEXT})

    async def _sd(self, request: web.Request) -> web.Response:
        """One target per node, each with its own `up`; reached where Prometheus reached us."""
        here = request.host
        targets = [{"targets": [here], "labels": {"__metrics_path__": "/metrics", "flow": "", "node": "supervisor"}}]
        for flow, run in self._supervisor.runs.items():
            for node in run.minders:
                if node in run.owned:
                    path = f"/metrics/{quote(flow)}/{quote(node)}"
                    targets.append(
                        {"targets": [here], "labels": {"__metrics_path__": path, "flow": flow, "node": node}}
                    )
        return web.json_response(targets)

    async def _health(self, _: web.Request) -> web.Response:
        told = {name: health(run) for name, run in self._supervisor.runs.items()}
        fine = all(run["healthy"] for run in told.values())
        accounts = standing(self._supervisor.options.root / BUDGETS, datetime.now(UTC))[0]
        budgets = [asdict(it) for it in accounts]
        return web.json_response({"healthy": fine, "flows": told, "budgets": budgets}, status=200 if fine else 503)


@web.middleware
async def loopback_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A web page can make a browser ask us under a name of its own (DNS rebinding): such a name is refused."""
    name = request.host.rsplit(":", 1)[0].strip("[]") if not request.host.endswith("]") else request.host.strip("[]")
    if name.lower() not in LOCAL:
        raise web.HTTPForbidden(text="this port answers only requests for localhost\n")
    return await handler(request)
