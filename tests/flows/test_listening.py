from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator

import pytest

from wattwire.flows.engine.listening import Server, read
from wattwire.nodes import Asked, Reply

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "asked"),
    [
        ("GET", "/a%20b?x=1&x=2&y=", {"Host": "h"}, b"", Asked("GET", "/a b", {"x": "1", "y": ""}, {"host": "h"})),
        ("POST", "/g", {}, b'{"query": "{ me }"}', Asked("POST", "/g", json={"query": "{ me }"})),
        ("POST", "/t", FORM, b"grant=refresh&empty=",
         Asked("POST", "/t", headers={"content-type": FORM["Content-Type"]}, form={"grant": "refresh", "empty": ""})),
        ("POST", "/g", {}, b"no json", Asked("POST", "/g")),
        ("PUT", "/g", {}, b"\xff", Asked("PUT", "/g")),
        ("GET", "//[?x=1", {}, b"", Asked("GET", "//[", {"x": "1"})),  # no address of IPv6, as it begins
    ],
)  # fmt: skip
def test_a_request_as_the_node_is_told_of_it(
    method: str, target: str, headers: dict[str, str], body: bytes, asked: Asked
) -> None:
    assert read(method, target, headers, body) == asked


def answer(asked: Asked) -> Reply:
    match asked.path:
        case "/json":
            return Reply(200, {"method": asked.method, "said": asked.json})
        case "/html":
            return Reply(403, text="<p>é</p>", headers={"content-type": "text/html", "x-seen": "yes"})
    raise TimeoutError


@pytest.fixture
def port() -> Iterator[int]:
    with Server(("127.0.0.1", 0), answer) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield int(server.socket.getsockname()[1])
        server.shutdown()


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "kind", "text"),
    [
        ("GET", "/json", "", 200, "application/json; charset=utf-8", '{"method": "GET", "said": null}'),
        ("POST", "/json", "[1]", 200, "application/json; charset=utf-8", '{"method": "POST", "said": [1]}'),
        ("HEAD", "/json", "", 200, "application/json; charset=utf-8", ""),
        ("GET", "/html", "", 403, "text/html; charset=utf-8", "<p>é</p>"),
        ("GET", "/silent", "", 504, "text/plain; charset=utf-8", "the node did not answer"),
        ("POST", "/json", "x" * 1_000_001, 413, "text/plain; charset=utf-8", "a body of more than 1000000 bytes"),
    ],
)  # fmt: skip
def test_what_the_node_answers_is_the_reply(
    port: int, method: str, path: str, body: str, status: int, kind: str, text: str
) -> None:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request(method, path, body)
    reply = link.getresponse()

    assert (reply.status, reply.headers["content-type"], reply.read().decode()) == (status, kind, text)


def test_a_connection_is_kept_for_the_next_request(port: int) -> None:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    met = set()
    for _ in range(3):
        link.request("GET", "/json")
        link.getresponse().read()
        met.add(id(link.sock))

    assert len(met) == 1


@pytest.mark.parametrize("parts", [1, 2000])
def test_a_body_of_unknown_length_is_refused_and_who_is_still_sending_it_learns_so(port: int, parts: int) -> None:
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    link.request("POST", "/json", (b"1" * 10_000 for _ in range(parts)), encode_chunked=True)

    assert link.getresponse().status == 411
