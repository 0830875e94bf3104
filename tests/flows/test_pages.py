from __future__ import annotations

import asyncio

import pytest

from wattwire.flows.engine.pages import Page, Pages


async def answer(path: str, host: str) -> Page:
    if path == "/bug":
        raise RuntimeError("a bug")
    return Page(f"{path} of {host}", 200 if path != "/ill" else 503)


def ask(*requests: str) -> list[str]:
    """What comes back for requests on one connection, without what is the same everywhere."""

    async def talk() -> str:
        pages = Pages(answer)
        reader, writer = await asyncio.open_connection("127.0.0.1", await pages.open("127.0.0.1", 0))
        writer.write("".join(requests).replace("\n", "\r\n").encode())
        writer.write_eof()
        heard = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        pages.close()
        return heard.decode()

    return asyncio.run(talk()).split("HTTP/1.1 ")[1:]


@pytest.mark.parametrize(
    ("request_", "status", "text"),
    [
        ("GET /a?x=1 HTTP/1.1\nHost: here\n\n", "200 OK", "/a of here"),
        ("HEAD /a HTTP/1.1\nHost: here\n\n", "200 OK", ""),
        ("GET /ill HTTP/1.1\n\n", "503 Service Unavailable", "/ill of "),
        ("GET /bug HTTP/1.1\n\n", "500 Internal Server Error", "a bug; see where wattwire runs\n"),
        ("POST /a HTTP/1.1\nContent-Length: 2\n\nGE", "405 Method Not Allowed", "GET or HEAD\n"),
        ("hello\n\n", "400 Bad Request", "not a request\n"),
    ],
)
def test_a_request_is_answered(request_: str, status: str, text: str) -> None:
    (told,) = ask(request_)

    assert told.startswith(status)
    assert told.partition("\r\n\r\n")[2] == text


@pytest.mark.parametrize(
    ("first", "answers"),
    [
        ("GET /a HTTP/1.1\nHost: here\n\n", 2),
        ("GET /a HTTP/1.1\nConnection: close\n\n", 1),
        ("GET /a HTTP/1.0\n\n", 1),
        ("POST /a HTTP/1.1\nContent-Length: 17\n\n", 1),
        (f"GET /a HTTP/1.1\nX: {'x' * 70_000}\n\n", 1),
    ],
)
def test_a_connection_is_kept_unless_what_follows_would_be_in_doubt(first: str, answers: int) -> None:
    assert len(ask(first, "GET /b HTTP/1.1\n\n")) == answers
