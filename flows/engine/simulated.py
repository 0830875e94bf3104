"""Simulators on the bench: an HTTP request to `http://<node>.flow/…` becomes an event of that node."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

from wattwire.nodes import Asked, Request

from .bodies import encode
from .graph import Flow


def hosts(flow: Flow) -> dict[str, str]:
    """Host name -> node, of the nodes that answer HTTP; case does not count in a host name."""
    return {f"{name.lower()}.flow": name for name, node in flow.nodes.items() if node.type.listen is not None}


def asked(request: Request, known: Mapping[str, str]) -> tuple[str | None, Asked]:
    """Who is asked, and what: on the wire a secret is plain."""
    url = urlsplit(request.url)
    headers = {k.lower(): v for k, v in request.headers.items()}
    if request.authorization is not None:
        headers["authorization"] = request.authorization.reveal()
    query = dict(parse_qsl(url.query)) | dict(request.query)
    form = {k: str(encode(v)) for k, v in (request.form or {}).items()}
    body = encode(request.json) if request.json is not None else None
    return known.get(url.hostname or ""), Asked(request.method, url.path, query, headers, body, form)
