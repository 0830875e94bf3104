"""HTTP for a node that answers requests (a simulator): its own small server, on loopback."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from wattwire.nodes import Answer, Asked, Listener, Reply
from wattwire.nodes.linked import Action

if TYPE_CHECKING:
    from aiohttp import web

    from .host import Host

LIMIT = 10.0  # seconds for the node to answer


class Listening:
    """Each request becomes an `Asked` in the node's turn; the node's `Answer` goes back."""

    def __init__(self, where: Listener, host: Host) -> None:
        self._where, self._host = where, host

    def start(self) -> None:
        threading.Thread(target=lambda: asyncio.run(self._serve()), name="http", daemon=True).start()

    async def _serve(self) -> None:
        from aiohttp import web

        app = web.Application(client_max_size=1_000_000)
        app.router.add_route("*", "/{path:.*}", self._answer)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, self._where.host, self._where.port)
            await site.start()
        except OSError as wrong:
            why = f"cannot listen on {self._where.host}:{self._where.port}: {wrong.strerror}"
            self._host.post(lambda: self._host.presence.set("crashed", why, "red"))
            return
        host, port = runner.addresses[0][:2]
        self._host.post(lambda: self._host.lifeline.tell({"address": f"{host}:{port}"}))
        self._host.post(lambda: self._host.presence.set(text=f"listens on http://{host}:{port}"))
        await asyncio.Event().wait()

    async def _answer(self, request: web.Request) -> web.Response:
        from aiohttp import web

        loop = asyncio.get_running_loop()
        answered: asyncio.Future[Reply] = loop.create_future()

        def settle(reply: Reply) -> None:
            if not answered.done():
                answered.set_result(reply)

        def act(actions: list[Action]) -> None:
            for action in actions:
                if isinstance(action, Answer):
                    loop.call_soon_threadsafe(settle, action.reply)
            self._host.act([a for a in actions if not isinstance(a, Answer)])

        asked = await read(request)
        self._host.post(lambda: self._host.happen(asked, act))
        try:
            reply = await asyncio.wait_for(answered, LIMIT)
        except TimeoutError:
            return web.Response(status=504, text="the node did not answer")
        headers = {k: v for k, v in reply.headers.items() if k.lower() not in ("content-length", "content-type")}
        if reply.json is not None:
            return web.json_response(reply.json, status=reply.status, headers=headers)
        kind = reply.headers.get("content-type", "text/plain").partition(";")[0]
        return web.Response(status=reply.status, text=reply.text, headers=headers, content_type=kind)


async def read(request: web.Request) -> Asked:
    """A request as the node is told of it."""
    import json

    body, form = None, {}
    if "form" in request.content_type:
        form = {k: v for k, v in (await request.post()).items() if isinstance(v, str)}
    elif request.can_read_body:
        try:
            body = json.loads(await request.text())
        except ValueError:
            body = None
    headers = {k.lower(): v for k, v in request.headers.items()}
    return Asked(request.method, request.path, dict(request.query), headers, body, form)
