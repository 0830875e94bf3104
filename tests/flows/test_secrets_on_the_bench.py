"""A key, a token or a password shows up nowhere that a person or a file may see."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.bodies import masked
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load, load_text
from wattwire.flows.engine.record import Seen
from wattwire.flows.engine.script import told
from wattwire.nodes import Json, Reply, Request

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
MARK = "recognisable"
ENV = {
    "OCTOPUS_API_KEY": f"sk_live_{MARK}",
    "OCTOPUS_ACCOUNT": "A-1",
    "OCTOPUS_PRODUCT": "P",
    "OCTOPUS_TARIFF": "T",
    "TESLA_CLIENT_ID": "client",
    "TESLA_REFRESH_TOKEN": f"refresh-{MARK}",
    "TESLA_VIN": "VIN1",
    "GX_HOST": "gx",
    "GX_PASSWORD": f"gx-{MARK}",
}
REAL = """flow: house
include: intelligent_octopus
nodes:
  victronGx: {config: {password: $GX_PASSWORD, report: 1m, silent_after: 5m}}
  simGx: {type: simGx, config: {url: "mqtts://gx:8883", heartbeat: 1m, publish: 1m}}
"""


class Shown:
    """Everything that the bench can show."""

    def __init__(self, flow: Flow, world: Callable[[str, Request, datetime], Reply | None] | None = None) -> None:
        self.lines: list[str] = []
        self.waiting: dict[str, object] = {}
        self.bench = Bench(flow, NOON, world=world, watch=self.saw)

    def saw(self, seen: Seen) -> None:
        self.lines.append(told(seen))
        self.lines.append(repr(seen.body))  # as a trace or a log would have it
        self.lines.append(repr(seen.request))
        for name, it in self.bench.carrier.edges.items() if hasattr(self, "bench") else ():
            if it.waiting is not self.waiting.get(name):
                self.waiting[name] = it.waiting
                self.lines.append(repr(it.waiting))

    def text(self) -> str:
        waiting = json.dumps(self.bench.carrier.snapshot())
        states = repr([(a.config, a.state) for a in self.bench.actors.values()])
        given = json.dumps([masked(node.given) for node in self.bench.flow.nodes.values()])
        return "\n".join([*self.lines, waiting, states, given, repr(self.bench.faults), repr(self.bench.statuses)])


def octopus(kind: str) -> Callable[[str, Request, datetime], Reply]:
    """A world whose every answer holds a secret, whatever else is wrong with it."""
    counted = iter(range(10**6))

    def answer(node: str, request: Request, now: datetime) -> Reply:
        n = next(counted)
        token: Json = {"token": f"jwt-{MARK}-{n}", "payload": {"exp": int((now + timedelta(hours=1)).timestamp())}}
        if node == "krakenToken":
            return Reply(200, {"data": {"obtainKrakenToken": token}})
        if node == "teslaToken":
            signed: Json = {"access_token": f"at-{MARK}-{n}", "refresh_token": f"rt-{MARK}-{n}", "expires_in": 28800}
            return Reply(200, signed)
        if kind == "expired":
            wrong: Json = {"message": "expired", "extensions": {"errorCode": "KT-CT-1124"}}
            return Reply(401 if node == "teslaState" else 200, {"errors": [wrong]})
        if kind == "garbled":
            return Reply(200, {"data": 5, "response": 5})
        return Reply(int(kind), text=f"<HTML>{MARK}</HTML>")

    return answer


@pytest.mark.parametrize("kind", ["0", "401", "403", "408", "429", "500", "expired", "garbled"])
def test_no_secret_of_the_real_flow_is_shown(kind: str) -> None:
    shown = Shown(load_text(REAL, env=ENV), octopus(kind))
    for minutes, node in ((20, "krakenToken"), (21, "teslaToken"), (22, "victronGx"), (23, "edges")):
        shown.bench.do(NOON + timedelta(minutes=minutes), lambda node=node: shown.bench.crash(node))  # type: ignore[misc]
    shown.bench.run(NOON + timedelta(hours=9))

    assert len(shown.lines) > 1000
    assert MARK not in shown.text()


@pytest.mark.parametrize("kind", ["none", "500", "403html", "KT-CT-1124", "wrongKey", "garbled"])
def test_no_secret_of_the_simulated_house_is_shown(kind: str) -> None:
    shown = Shown(load("simulated_house", env={}))
    shown.bench.put(NOON + timedelta(minutes=5), "simOctopus.fault", {"kind": kind})
    shown.bench.put(NOON + timedelta(minutes=5), "simTesla.fault", {"kind": "500" if kind == "500" else "401"})
    seen: set[str] = set()
    for minutes in range(0, 120, 5):
        shown.bench.run(NOON + timedelta(minutes=minutes))
        seen |= secrets(shown.bench)

    shown_text = "\n".join(shown.lines) + json.dumps(shown.bench.carrier.snapshot()) + repr(shown.bench.faults)
    assert len(seen) >= 4
    assert [secret for secret in seen if secret in shown_text + repr(shown.bench.statuses)] == []


def secrets(bench: Bench) -> set[str]:
    """The keys, access tokens and refresh tokens that the house has at this moment."""
    held = [bench.actors[name].snapshot() for name in ("dispatchFetcher", "teslaState", "teslaToken")]
    found = {"simulated-octopus-key", "simulated-refresh-token"}
    for snapshot in held:
        token: Any = snapshot["held"].get("token")
        newest = (snapshot["state"] or {}).get("newest")
        found |= {secret for secret in (token and token["token"], newest) if secret}
    return found


@pytest.mark.parametrize("port", ["dispatchFetcher.token", "chargePreferences.token", "teslaState.token"])
@pytest.mark.parametrize(
    "body",
    [
        f"jwt-{MARK}",
        {"token": f"jwt-{MARK}"},
        {"token": [f"jwt-{MARK}"], "expires": 5},
        {"token": 1, "expires": f"x{MARK}"},
    ],
)
def test_a_token_that_does_not_fit_is_set_aside_without_being_quoted(port: str, body: Any) -> None:
    shown = Shown(load_text(REAL, env=ENV))
    shown.bench.put(NOON, port, body)
    shown.bench.run(NOON)

    assert [node for _, node, _ in shown.bench.faults] == [port.partition(".")[0]]
    assert MARK not in shown.text()


def test_a_crash_while_a_secret_is_in_hand_does_not_quote_it(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(cfg: Any, reply: Reply) -> None:
        raise ValueError(f"{cfg.api_key.reveal()} {reply.json}")

    shown = Shown(load_text(REAL, env=ENV), octopus("500"))
    monkeypatch.setattr(shown.bench.flow.nodes["krakenToken"].type, "read", broken)
    shown.bench.run(NOON + timedelta(minutes=30))

    assert any('"krakenToken.crashed"' in line for line in shown.lines)
    assert MARK not in shown.text()
