"""Seats, deploys and stops, as far as they are decided without a broker."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wattwire.flows.engine import announcing, seating
from wattwire.flows.engine.deploying import difference
from wattwire.flows.engine.glance import Glance
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.leaving import order
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.means import apart
from wattwire.flows.engine.options import Options, hosted, without_edges
from wattwire.flows.engine.routes import processes

HOUSE = """
flow: house
nodes:
  minute:   {type: clock, config: {every: 1m}}
  token:    {type: krakenToken, config: {api_key: $KEY}}
  fetcher:  {type: dispatchFetcher, config: {account: A-1}, host: pi}
  set:      {type: mqttOut, config: {url: mqtt://gx, topic: W/a}}
edges:
  - {from: minute.tick, to: fetcher.poll}
  - {from: token.token, to: fetcher.token}
  - {from: fetcher.unauthorised, to: token.want, every: 5m}
  - {from: fetcher.failed, to: fetcher.poll, after: 10s, times: 5, spent: set.body}
ends: [token.refused, token.failed, fetcher.plan, fetcher.throttled, fetcher.blocked, set.sent, set.failed]
"""


def house(text: str = HOUSE) -> Flow:
    return load_text(text, env={"KEY": "sk_live_told"})


def test_a_first_start_seats_every_node_and_drops_nothing() -> None:
    flow = house()
    plan = seating.plan(flow, processes(flow), {})

    assert list(plan.seats) == ["edges", "minute", "token", "fetcher", "set"]
    assert plan.seats["token"].client == "wattwire-house-token"
    assert plan.seats["token"].topics == ("wattwire/house/token/in/want",)
    assert plan.seats["edges"].topics == ("wattwire/house/fetcher/unauthorised", "wattwire/house/fetcher/failed")
    assert "wattwire/house/minute/tick" in plan.seats["fetcher"].topics
    assert (plan.gone, plan.clear, set(plan.stale.values())) == ((), (), {()})


def test_what_an_earlier_revision_left_behind_is_dropped(tmp_path: Path) -> None:
    before = house()
    seating.remember(before, tmp_path, seating.plan(before, processes(before), {}))
    after = house(HOUSE.replace("  - {from: minute.tick, to: fetcher.poll}\n", "").replace(
        "  minute:   {type: clock, config: {every: 1m}}\n", ""))  # fmt: skip
    plan = seating.plan(after, ["fetcher", "set"], seating.ledger(tmp_path))

    assert plan.gone == ("wattwire-house-minute",)
    assert plan.clear == (
        "wattwire/house/minute/$status", "wattwire/house/minute/$owner", "wattwire/house/minute/$aside",
    )  # fmt: skip
    assert plan.stale["fetcher"] == ("wattwire/house/minute/tick",)


def test_a_seat_that_could_not_be_taken_is_rid_of_old_subscriptions_the_next_time(tmp_path: Path) -> None:
    before, stale = house(), [("wattwire/house/minute/tick",), ("wattwire/house/minute/tick",), ()]
    seating.remember(before, tmp_path, seating.plan(before, processes(before), {}))
    after = house(HOUSE.replace("fetcher.poll}\n", "fetcher.poll, every: 5m}\n", 1))
    for left, failed in zip(stale, [{"fetcher": "no answer"}, {}, {}], strict=True):
        plan = seating.plan(after, ["fetcher"], seating.ledger(tmp_path))
        seating.remember(after, tmp_path, plan, failed)

        assert plan.stale == {"fetcher": left}


@pytest.mark.parametrize(
    ("name", "gone"),
    [("house", ("wattwire-house-minute",)), ("my-house", ("wattwire-my-house-minute", "wattwire-my-house-token"))],
)
def test_a_session_that_an_earlier_release_left_under_another_id_is_dropped_once(
    tmp_path: Path, name: str, gone: tuple[str, ...]
) -> None:
    flow = house(HOUSE.replace("flow: house", f"flow: {name}").replace("minute", "hour"))
    of_old: dict[str, Any] = {node: {"topics": [], "retained": []} for node in ("minute", "token", "set")}
    plan = seating.plan(flow, ["token"], of_old)  # `set` runs elsewhere
    seating.remember(flow, tmp_path, plan)

    assert plan.gone == gone
    assert seating.plan(flow, ["token"], seating.ledger(tmp_path)).gone == ()


def test_nodes_that_run_elsewhere_stay_in_the_ledger(tmp_path: Path) -> None:
    flow = house()
    seating.remember(flow, tmp_path, seating.plan(flow, ["token"], {}))
    seating.remember(flow, tmp_path, seating.plan(flow, ["minute"], seating.ledger(tmp_path)))

    assert set(seating.ledger(tmp_path)) == {"token", "minute"}
    assert seating.plan(flow, ["minute"], seating.ledger(tmp_path)).gone == ()


@pytest.mark.parametrize(
    ("old", "new", "changed"),
    [
        ("1m", "2m", ("minute",)),
        ("times: 5", "times: 4", ("edges",)),
        ("W/a", "W/b", ("set",)),
        ("every: 5m}", "every: 5m, after: 1s}", ("edges",)),
        (", every: 5m}", "}", ("edges", "token")),
        ("flow: house\n", "flow: house\n\n", ()),
        ("flow: house\n", "flow: house\ndurability: disk\n", ("edges", "minute", "token", "fetcher", "set")),
    ],
)
def test_a_deploy_touches_only_what_differs(old: str, new: str, changed: tuple[str, ...]) -> None:
    before, after = house(), house(HOUSE.replace(old, new, 1))
    diff = difference(before, after, dict.fromkeys(processes(before)), processes(after))

    assert (diff.gone, diff.changed, diff.new) == ((), changed, ())


def test_what_holds_hardware_stops_first_and_the_edges_last() -> None:
    assert order(house()) == [["set"], ["minute"], ["token", "fetcher"], ["edges"]]


@pytest.mark.parametrize(
    ("label", "only", "expected"),
    [
        ("", "", ["edges", "minute", "token", "set"]),
        ("pi", "", ["fetcher"]),
        ("", "fetcher,edges", ["edges", "fetcher"]),
        ("nas", "", []),
    ],
)
def test_a_host_runs_its_own_nodes_and_nobody_s_are_without_a_label(label: str, only: str, expected: list[str]) -> None:
    options = Options(root=Path(), label=label, only=frozenset(filter(None, only.split(","))))

    assert hosted(house(), options) == expected


@pytest.mark.parametrize(("label", "expected"), [("pi", ["edges", "minute", "token", "fetcher", "set"]), ("", [])])
def test_the_edges_go_with_the_host_that_all_nodes_share(label: str, expected: list[str]) -> None:
    flow = house()
    flow = replace(flow, nodes={name: replace(node, host="pi") for name, node in flow.nodes.items()})

    assert hosted(flow, Options(root=Path(), label=label)) == expected


@pytest.mark.parametrize(
    ("label", "only", "broker", "expected"),
    [
        ("pi", "", "", True),
        ("", "token", "", True),
        ("", "", "", False),
        ("", "token,edges", "", False),
        ("nas", "", "", False),  # nothing runs
        ("pi", "", "mqtt://192.168.1.5", False),  # they may run on another machine
    ],
)
def test_nodes_without_what_carries_their_waiting_edges(label: str, only: str, broker: str, expected: bool) -> None:
    options = Options(root=Path(), label=label, broker=broker, only=frozenset(filter(None, only.split(","))))

    assert without_edges(house(), options) == expected


@pytest.mark.parametrize("node", ["edges", "minute", "token", "fetcher", "set"])
def test_no_process_is_told_another_node_s_settings(node: str) -> None:
    told = apart(house(), node)

    assert [name for name, it in told.nodes.items() if it.config is not None or it.given] == (
        [node] if node != "edges" else []
    )
    assert told.name == "house"


def test_the_deployed_graph_holds_ports_and_edges_and_no_settings() -> None:
    graph = json.loads(announcing.graph(house(), datetime(2026, 11, 20, 12, tzinfo=UTC)))

    assert graph["nodes"]["token"]["outs"]["token"] == {"body": "Token", "keep": False, "secret": True}
    assert graph["nodes"]["set"]["actuator"] is True
    assert graph["edges"][3] == {
        "name": "fetcher.failed>fetcher.poll", "from": "fetcher.failed", "to": "fetcher.poll", "after": "10s",
        "times": 5, "spent": "set.body",
    }  # fmt: skip
    assert "sk_live" not in json.dumps(graph)
    assert "W/a" not in json.dumps(graph)


NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def wire(body: object, at: str = "2026-11-20T12:00:00Z") -> bytes:
    return json.dumps({"id": "1", "from": "x.y", "at": at, "body": body}).encode()


def test_a_glance_shows_the_last_message_what_comes_next_and_no_secret() -> None:
    glance = Glance(house())
    glance.hear("wattwire/house/minute/tick", wire({"at": "2026-11-20T12:00:00Z"}), NOON)
    glance.hear("wattwire/house/token/token", wire({"token": "eyJ"}), NOON)
    until = json.dumps({"until": "2026-11-20T12:00:10Z", "message": {}}).encode()
    glance.hear("wattwire/house/$waiting/fetcher.failed>fetcher.poll", until, NOON)

    assert glance.last["token"] == (NOON, "token ***")
    assert glance.following("minute", NOON) == (NOON + timedelta(minutes=1), "tick")
    assert glance.following("fetcher", NOON) == (NOON + timedelta(seconds=10), "poll")
    glance.hear("wattwire/house/$waiting/fetcher.failed>fetcher.poll", b"", NOON)
    assert glance.following("fetcher", NOON) is None


def test_a_glance_is_not_fooled_by_old_news_or_nonsense() -> None:
    glance = Glance(house())
    glance.hear("wattwire/house/minute/tick", wire({}), NOON)
    for payload in (wire({}, "2026-11-19T12:00:00Z"), b"{", b""):
        glance.hear("wattwire/house/minute/tick", payload, NOON)

    assert glance.last["minute"][0] == NOON
