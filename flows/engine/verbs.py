"""Admin over MQTT: `$request/<verb>` is answered on `$response/<verb>` with transaction, status, data and error."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from typing import Any

from wattwire.broker import topics
from wattwire.broker.envelope import parse

from .deploying import deploy
from .durations import shown
from .flowrun import FlowRun
from .reasons import FlowError

PATIENCE = 3.0  # seconds for a node to answer; it may be at work

Background = Callable[[Coroutine[Any, Any, None]], None]


class Refused(Exception):
    """What was asked for cannot be done; the text says why."""


class Verbs:
    def __init__(self, background: Background) -> None:
        self._background = background
        self._changing = asyncio.Lock()  # one deploy after the other; it pauses the flow itself while it lasts

    def heard(self, run: FlowRun, verb: str, payload: bytes) -> None:
        self._background(self._answer(run, verb, payload))

    async def _answer(self, run: FlowRun, verb: str, payload: bytes) -> None:
        told: dict[str, Any] = {"status": "ok", "data": {}, "error": None}
        bug: Exception | None = None
        try:
            asked = parse(payload.decode() or "{}")
            if not isinstance(asked, dict):
                raise Refused("a request must be a JSON object")
            told["transaction"] = asked.get("transaction")
            told["data"] = await self._do(run, verb, asked)
        except Refused as wrong:
            told |= {"status": "error", "error": str(wrong)}
        except ValueError as wrong:
            told |= {"status": "error", "error": f"not JSON: {wrong}"}
        except Exception as wrong:  # goes to the log, but whoever asked is not left waiting
            told |= {"status": "error", "error": f"{type(wrong).__name__}: {wrong}"}
            bug = wrong
        run.bus.publish(topics.response(run.flow.name, verb), json.dumps(told).encode())
        if bug is not None:
            raise bug

    async def _do(self, run: FlowRun, verb: str, asked: dict[str, Any]) -> dict[str, Any]:
        match verb:
            case "health":
                return health(run)
            case "restart":
                node = asked.get("node")
                if not isinstance(node, str) or node not in run.minders or node not in run.owned:
                    raise Refused(f"no node {shown(node)} runs here; there are {', '.join(sorted(run.owned))}")
                await run.minders[node].restart()
                return {"node": node}
            case "again":
                node, number = asked.get("node"), asked.get("number")
                odd = isinstance(number, bool) or not isinstance(number, int | None)
                if odd or not isinstance(node, str) or node not in run.owned:
                    raise Refused("again wants a node that runs here, and the number of an input or null for all")
                found = await run.minders[node].again(number, PATIENCE)
                if found is None:
                    raise Refused(f"{node} does not answer: {run.minders[node].state} {run.minders[node].text}".strip())
                if number is not None and not found:
                    raise Refused(f"no input {number} is set aside at {node}, or it is being retried already")
                return {"node": node, "number": number, "inputs": found}
            case "send":
                return self._send(run, asked)
            case "pause":
                if not isinstance(asked.get("on"), bool):
                    raise Refused("pause wants on: true or false")
                async with self._changing:
                    run.pause(asked["on"])
                return {"on": asked["on"]}
            case "deploy":
                async with self._changing:
                    return await self._deploy(run)
            case _:
                raise Refused(f"no verb {verb!r}; there are again, deploy, health, pause, restart, send")

    async def _deploy(self, run: FlowRun) -> dict[str, Any]:
        reload = run.means.options.reload
        if reload is None:
            raise Refused("this flow was not read from a file")
        try:
            flow = await asyncio.to_thread(reload, run.flow.name)
        except FlowError as wrong:
            raise Refused(str(wrong)) from None
        if flow.name != run.flow.name:
            raise Refused(f"the file now holds the flow {flow.name}; start that one beside this one")
        diff = await deploy(run, flow)
        return {"revision": flow.revision, "gone": diff.gone, "changed": diff.changed, "new": diff.new}

    def _send(self, run: FlowRun, asked: dict[str, Any]) -> dict[str, Any]:
        node, _, port = str(asked.get("to", "")).partition(".")
        known = [f"{n}.{p}" for n, it in run.flow.nodes.items() for p in it.type.ins]
        if f"{node}.{port}" not in known:
            raise Refused(f"no in port {shown(asked.get('to'))}; there are {', '.join(known)}")
        if "body" not in asked:
            raise Refused("send wants a body")
        run.bus.publish(topics.into(run.flow.name, node, port), json.dumps(asked["body"]).encode())
        return {"to": f"{node}.{port}"}


def health(run: FlowRun) -> dict[str, Any]:
    nodes = {
        n: {"state": m.state, "text": m.text, "pid": m.pid, "restarts": m.restarts} for n, m in run.minders.items()
    }
    fine = all(m.state in ("ready", "waiting", "standby") for m in run.minders.values())
    return {"healthy": fine and run.open, "revision": run.flow.revision, "paused": run.paused, "nodes": nodes}
