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
    boost_charge,
    charge_cap,
    charge_preferences,
    completed_fetcher,
    dispatch_fetcher,
    kraken_account,
    kraken_device,
    kraken_token,
    rate_fetcher,
    smart_control,
)
from wattwire.nodes.kraken_errands import Ask
from wattwire.nodes.kraken_keeping import State
from wattwire.nodes.kraken_schedules import Preferences
from wattwire.nodes.messages import Device, Token

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORDS = [
    *("data", "errors", "devices", "flexPlannedDispatches", "completedDispatches", "properties", "agreements"),
    *("electricity_meter_points", "tariff_code", "valid_from", "valid_to", "start", "end", "type", "meta", "source"),
    *("extensions", "errorCode", "path", "locations", "id", "status", "current", "currentState", "activePower"),
    *("value", "timestamp", "obtainKrakenToken", "token", "payload", "exp", "message", "moved_out_at"),
]
DATES = ["2026-11-20T13:00:00Z", "2026-11-20T13:00:00", "0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"]
PLAIN = st.sampled_from([None, True, 0, 1.5, "x", "SMART", "KT-CT-1111", "E-1R-INTELLI-1-A", "9e999999", *DATES])
READING = st.fixed_dictionaries({"value": PLAIN, "timestamp": PLAIN})
TIMES = dict.fromkeys(["start", "end", "valid_from", "valid_to", "moved_out_at"], PLAIN)
ENTRIES = st.fixed_dictionaries(
    {
        **TIMES,
        "tariff_code": st.just("E-1R-INTELLI-1-A"),
        "id": st.just("x"),
        "status": st.fixed_dictionaries({"activePower": READING, "stateOfCharge": READING}),
    }
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
@given(STATUS, JSON | ENTRIES, st.sampled_from(SHAPES), DATE)
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


LIVE: dict[str, Any] = {"id": "x", "name": "Car", "status": {"current": "LIVE"}, "__typename": "SmartFlexVehicle"}
PLACES = [
    *("preferences", "preferenceSetting", "status", "cap", "provider", "deviceType", "name"),
    *("results", "next", "value_inc_vat", "valid_from", "valid_to", "payment_method", "count"),
]
ABSURD = st.sampled_from(
    [10**400, 1e300, -5, float("nan"), "1e999", "99:99", "07:30:00", ["x"], [{"dayOfWeek": "MONDAY"}]]
)
ENTRY = st.dictionaries(st.sampled_from(PLACES), ABSURD | JSON, max_size=4)
LIMITS = st.dictionaries(
    st.sampled_from(["dayOfWeek", "time", "min", "max", "step", "timeFrom", "timeTo", "timeStep"]), ABSURD | PLAIN
)
NAMES = ["schedules", "scheduleSettings", "isChargingDurationCapped", "currentState", "min", "max", "step"]
SETTINGS = st.dictionaries(st.sampled_from(NAMES), ABSURD | JSON | st.lists(LIMITS, max_size=2))


@settings(max_examples=300, deadline=None)
@given(STATUS, ENTRY, SETTINGS, st.sampled_from([None, *SHAPES]))
def test_whatever_a_device_shows_a_wish_is_written_waits_or_is_told_about(
    status: int, entry: dict[str, Any], inner: dict[str, Any], shape: Any
) -> None:
    shown = {**LIVE, **entry, "preferences": inner, "preferenceSetting": {"scheduleSettings": [inner]}}
    body: Any = {"data": {"devices": [shown]}} if shape is None else shape(entry)
    wishes: list[tuple[Any, dict[str, Any]]] = [
        (smart_control, {"suspend": Ask(), "resume": None}),
        (boost_charge, {"boost": Ask(), "cancel": None}),
        (charge_cap, {"on": Ask(), "off": None}),
        (charge_preferences, {"set": Preferences(percent=80, ready_by="07:30")}),
        (charge_preferences, {"set": Preferences(percent=80)}),
    ]
    for node, wish in wishes:
        cfg, token = node.Config(account="A"), Token(Secret("t"), NOW)
        state, results = node.run(cfg, node.NODE.state(), **wish, look=None, give_up=None, token=token, now=NOW)
        for _ in range(3):
            asked = [r for r in results if isinstance(r, Request)]
            assert len(asked) <= 1
            assert all(isinstance(r, Emit | Request) for r in results)
            if not asked:
                break
            state, results = node.read(cfg, state, Reply(status, body, at=NOW, tag=asked[0].tag))


@settings(max_examples=300, deadline=None)
@given(STATUS, st.lists(ENTRY, max_size=3), ENTRY, JSON | ABSURD)
def test_whatever_a_price_list_holds_there_is_a_price_or_a_reason(
    status: int, found: list[dict[str, Any]], page: dict[str, Any], price: Any
) -> None:
    usual = {"value_inc_vat": price, "valid_from": "2026-11-20T00:00:00Z", "valid_to": None}
    cfg = rate_fetcher.Config(product="P", tariff="E-1R-P-A")
    state, result = rate_fetcher.ask(cfg, rate_fetcher.State(), None, NOW)
    left: Any = result
    for _ in range(200):
        if not isinstance(left, Request):
            break
        reply = Reply(status, {"results": [usual, *found], **page}, at=NOW, tag=left.tag)
        state, left = rate_fetcher.read(cfg, state, reply)

    assert isinstance(left, Emit)
