"""A newcomer who runs `wattwire setup`, against the simulated Octopus behind a real HTTP server."""

import json
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from click.testing import CliRunner, Result

from wattwire.flows.commands.setup import command
from wattwire.nodes import Asked, Json, Reply, Started
from wattwire.nodes.sim_octopus import KEY, Config, step
from wattwire.nodes.sim_octopus_answers import answer
from wattwire.nodes.sim_octopus_car import State

KEYED = KEY.reveal()


class Octopus(ThreadingHTTPServer):
    """The simulator on a port; `over` answers in its place where a test wants something else."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.cfg, now = Config(), datetime.now(UTC)
        self.state, _ = step(self.cfg, State(), Started(), None, None, now)
        self.over: dict[str, Reply] = {}  # word in the path or the body -> reply

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def tells(self, asked: Asked) -> Reply:
        whole = asked.path + json.dumps(asked.json)
        if (other := next((r for word, r in self.over.items() if word in whole), None)) is not None:
            return other
        self.state, reply = answer(self.cfg, self.state, asked, datetime.now(UTC))
        return reply


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.respond(None)

    def do_POST(self) -> None:
        self.respond(json.loads(self.rfile.read(int(self.headers["content-length"]))))

    def respond(self, body: Any) -> None:
        assert isinstance(self.server, Octopus)
        where = urlsplit(self.path)
        headers = {k.lower(): v for k, v in self.headers.items()}
        reply = self.server.tells(Asked(self.command, where.path, dict(parse_qsl(where.query)), headers, body))
        text = (reply.text or json.dumps(reply.json)).encode()
        self.send_response(reply.status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None: ...


def setup(octopus: Octopus | str, folder: Path, *args: str, key: str = KEYED, say: str | None = None) -> Result:
    """With the key from a file; `say` is what a person types."""
    (folder.parent / "key").write_text(key + "\n")
    url = octopus if isinstance(octopus, str) else octopus.url
    quiet = () if say is not None else ("--yes",)
    given = [str(folder), "--key-file", str(folder.parent / "key"), "--url", url, *quiet, *args]
    return CliRunner().invoke(command, given, input=say)


def accounts(*numbers: str) -> Reply:
    found: list[Json] = [{"number": n} for n in numbers]
    return Reply(200, {"data": {"viewer": {"accounts": found}}})
