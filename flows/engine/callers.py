"""HTTP calls that nodes ask for, made off the network thread and with a limit in time and size."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from wattwire.broker.envelope import parse
from wattwire.nodes import Json, Reply, Request

from .bodies import encode
from .budgets import Budgets

if TYPE_CHECKING:
    import httpx

    from .deadline import Deadline

MOST = 8_000_000  # bytes of a reply: more is a mistake, not data
AGENT = "wattwire (+https://pypi.org/project/wattwire)"


class Caller:
    """One call at a time: a node waits for its answer before it is given the next input."""

    def __init__(self, addresses: Mapping[str, str], budgets: Budgets) -> None:
        self.addresses = addresses  # node in lower case -> host:port of its listener
        self._budgets = budgets
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="http")
        self._clients: dict[str | None, httpx.Client] = {}  # by the certificate that is trusted
        self._deadline: Deadline | None = None

    def start(self, request: Request, done: Callable[[Reply], None]) -> None:
        """`done` is called in the worker's thread, whatever happens."""
        self._pool.submit(lambda: done(self.call(request)))

    def call(self, request: Request) -> Reply:
        import httpx

        try:
            client = self._client(request.ca)
        except OSError as wrong:  # an ssl.SSLError is one
            return self._none(request, f"{request.ca} cannot be read as a certificate: {wrong.strerror or wrong}")
        except Exception as wrong:  # whatever it is, the node waits for an answer
            return self._none(request, f"no call can be made: {type(wrong).__name__}: {wrong}")
        try:
            return self._budgets.refusal(request, datetime.now(UTC)) or self._called(client, request)
        except httpx.TimeoutException:
            return self._none(request, f"no answer within {request.timeout:g} s")
        except (ValueError, TypeError, httpx.InvalidURL, httpx.LocalProtocolError) as wrong:  # may quote what was sent
            return self._none(request, f"this request cannot be made: {type(wrong).__name__}")
        except httpx.HTTPError as wrong:
            host = urlsplit(request.url).hostname
            return self._none(request, f"{host} cannot be reached: {str(wrong) or type(wrong).__name__}")
        except Exception as wrong:  # whatever it is, the node waits for an answer
            return self._none(request, f"the call cannot be made: {type(wrong).__name__}")

    def close(self) -> None:
        self._pool.submit(self._hang_up)  # after the call that may be under way
        self._pool.shutdown(wait=False)

    def _hang_up(self) -> None:
        for client in self._clients.values():
            client.close()

    def _client(self, ca: str | None) -> httpx.Client:
        if ca not in self._clients:
            import httpx

            from .deadline import Deadline
            from .trust import CONTEXT

            context = CONTEXT
            if ca is not None:
                context = httpx.create_ssl_context()
                context.load_verify_locations(ca)
            self._deadline = self._deadline or Deadline()
            made = httpx.Client(http2=True, verify=context, headers={"user-agent": AGENT})
            self._clients[ca] = self._deadline.heed(made)
        return self._clients[ca]

    def _called(self, client: httpx.Client, request: Request) -> Reply:
        headers = dict(request.headers)
        if request.authorization is not None:
            headers["authorization"] = request.authorization.reveal()
        body: dict[str, Any] = {}
        if request.json is not None:
            body["json"] = encode(request.json)
        if request.form is not None:
            body["data"] = {k: str(encode(v)) for k, v in request.form.items()}
        assert self._deadline
        self._deadline.begin(request.timeout)
        asked = client.stream(
            request.method, self.resolved(request.url), params=request.query or None, headers=headers,
            timeout=request.timeout, **body,
        )  # fmt: skip
        with asked as reply:
            content = b""
            for part in reply.iter_bytes():
                content += part
                if len(content) > MOST:
                    return self._none(request, f"a reply of more than {MOST // 1_000_000} MB")
            text = content.decode(reply.encoding or "utf-8", "replace")
            headers = {k.lower(): v for k, v in reply.headers.items()}
            return Reply(reply.status_code, _json(text), text, headers, datetime.now(UTC), request.tag)

    def resolved(self, url: str) -> str:
        """`http://<node>.flow/…` is where that node listens."""
        parts = urlsplit(url)
        if not (parts.hostname or "").endswith(".flow"):
            return url
        name = (parts.hostname or "").removesuffix(".flow")
        if name not in self.addresses:
            raise ValueError(f"{name} is not listening yet")
        return urlunsplit(parts._replace(netloc=self.addresses[name]))

    def _none(self, request: Request, why: str) -> Reply:
        return Reply(0, why=why, at=datetime.now(UTC), tag=request.tag)


def _json(text: str) -> Json:
    try:
        found: Json = parse(text)
    except ValueError:
        return None
    return found
