"""Whatever Octopus answers, every node that reads it finds an outcome: nothing in a reply is a bug of ours."""

from datetime import UTC, datetime
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from wattwire.nodes import (
    Emit,
    Reply,
    Request,
    Secret,
    completed_fetcher,
    dispatch_fetcher,
    kraken_account,
    kraken_device,
    kraken_token,
)
from wattwire.nodes.kraken_keeping import State
from wattwire.nodes.messages import Device, Token

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORDS = [
    *("data", "errors", "devices", "flexPlannedDispatches", "completedDispatches", "properties", "agreements"),
    *("electricity_meter_points", "tariff_code", "valid_from", "valid_to", "start", "end", "type", "meta", "source"),
    *("extensions", "errorCode", "path", "locations", "id", "status", "current", "currentState", "activePower"),
    *("value", "timestamp", "obtainKrakenToken", "token", "payload", "exp", "message", "moved_out_at"),
]
PLAIN = st.sampled_from(
    [None, True, 0, 1.5, "x", "SMART", "KT-CT-1111", "E-1R-INTELLI-1-A", "2026-11-20T13:00:00Z", "2026-11-20T13:00:00"]
)
JSON = st.recursive(
    PLAIN, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=4)
)
SHAPES: list[Any] = [
    lambda v: v,
    lambda v: {"data": {"flexPlannedDispatches": v, "devices": v}},
    lambda v: {"data": {"flexPlannedDispatches": [v], "devices": [v], "completedDispatches": [v]}},
    lambda v: {"errors": [v], "data": {"flexPlannedDispatches": [], "devices": [v]}},
    lambda v: {"errors": v},
    lambda v: {"data": {"obtainKrakenToken": v}},
    lambda v: {"properties": [{"electricity_meter_points": [{"agreements": [v]}, v]}]},
]
STATUS = st.sampled_from([0, 200, 200, 200, 400, 401, 403, 404, 429, 500])
DATE = st.sampled_from(["", "x", "Fri, 20 Nov 2026 12:00:03 GMT", "Fri, 20 Nov 2026 12:00:03 -0000"])


@settings(max_examples=300, deadline=None)
@given(STATUS, JSON, st.sampled_from(SHAPES), DATE)
def test_every_reply_has_an_outcome(status: int, value: Any, shape: Any, date: str) -> None:
    reply = Reply(status, shape(value), at=NOW, headers={"date": date})
    plan = dispatch_fetcher.Config(account="A")
    device, token = Device(at=NOW, id="x", also=("y",)), Token(Secret("t"), NOW)
    state, _ = dispatch_fetcher.ask(plan, State(), None, token=token, device=device)
    account = kraken_account.read(kraken_account.Config(api_key=Secret("k"), account="A"), reply)
    fetched = dispatch_fetcher.read(plan, state, reply)[1]
    left = [
        *(fetched if isinstance(fetched, list) else [fetched]),
        *(account if isinstance(account, list) else [account]),
        kraken_device.read(kraken_device.Config(account="A"), reply),
        completed_fetcher.read(completed_fetcher.Config(account="A"), completed_fetcher.State(), reply)[1],
        kraken_token.read(kraken_token.Config(api_key=Secret("k")), reply),
    ]

    assert all(isinstance(one, Emit | Request) for one in left)
