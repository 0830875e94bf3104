"""The names that other people's tools rely on, section 8 of the design as data: added to, never changed."""

from dataclasses import dataclass

import pytest

from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.palette import find


@dataclass(frozen=True)
class Row:
    """A node type: settings with a value each, in ports by whether they trigger, and out ports."""

    config: str
    triggers: str
    remembered: str
    outs: str


WINDOW = '{from: "23:30", until: "05:30"}'
PRICE = "{cheap: 7, standard: 30, car_cheap: 7, car_standard: 30}"
ALLOWANCE = '{hours: 6, from: "12:00", per: household}'
KRAKEN = "http://127.0.0.1:9/v1/graphql/"

TABLE = {
    "clock": Row("every: 1m, offset: 5s, jitter: 3s, align: true", "", "", "tick"),
    "krakenToken": Row(f"api_key: $KEY, url: '{KRAKEN}'", "want", "", "token refused failed"),
    "krakenDevice": Row(f"account: A-1, url: '{KRAKEN}'", "poll", "token", "device unauthorised throttled failed none"),
    "dispatchFetcher": Row(
        f"account: A-1, url: '{KRAKEN}'", "poll", "token device", "plan unauthorised throttled blocked failed"
    ),
    "rateFetcher": Row("product: P, tariff: E-1R-P-A, url: 'http://127.0.0.1:9/v1'", "poll", "", "prices empty failed"),
    "rateResolver": Row(
        f"timezone: Europe/London, window: {WINDOW}, price: {PRICE}, trust: confirmed, plan_max_age: 15m, "
        f"allowance: {ALLOWANCE}",
        "tick plan",
        "prices car house",
        "cheap standard unsure",
    ),
    "teslaToken": Row(
        "client_id: c, refresh_token: $KEY, url: 'http://127.0.0.1:9/token'", "want", "", "token refused failed"
    ),
    "teslaState": Row(
        "vin: LRWTEST0000000001, url: 'http://127.0.0.1:9'",
        "poll",
        "token",
        "car asleep offline unauthorised throttled failed",
    ),
    "victronGx": Row(
        "host: 127.0.0.1, portal_id: c0619ab00000, slot: 4, password: $KEY, ca: gx.pem",
        "lease",
        "",
        "house confirmed refused lost",
    ),
    "victronController": Row("", "tick rate house", "plan car", "lease"),
}


def text(kind: str, row: Row, ends: bool = True) -> str:
    left = f"ends: [{', '.join(f'{kind}.{port}' for port in row.outs.split())}]\n" if ends else ""
    return f"flow: eight\nnodes:\n  {kind}: {{type: {kind}, config: {{{row.config}}}}}\n{left}"


@pytest.mark.parametrize(("kind", "row"), TABLE.items(), ids=TABLE)
def test_a_node_has_the_ports_that_the_table_names(kind: str, row: Row) -> None:
    node = find(kind, [])
    triggers = {name for name, port in node.ins.items() if port.triggers}

    assert set(row.outs.split()) <= node.outs.keys()
    assert set(row.triggers.split()) <= triggers
    assert set(row.remembered.split()) <= node.ins.keys()


@pytest.mark.parametrize(("kind", "row"), TABLE.items(), ids=TABLE)
def test_a_flow_that_names_only_these_loads(kind: str, row: Row) -> None:
    flow = load_text(text(kind, row), env={"KEY": "k"})

    assert list(flow.nodes) == [kind]


def test_and_so_does_one_with_all_of_them_and_the_edges_of_section_three() -> None:
    nodes = "".join(f"  {kind}: {{type: {kind}, config: {{{row.config}}}}}\n" for kind, row in TABLE.items())
    edges = [
        "clock.tick -> rateResolver.tick",
        "clock.tick -> victronController.tick",
        "dispatchFetcher.plan -> rateResolver.plan",
        "dispatchFetcher.plan -> victronController.plan",
        "krakenDevice.device -> dispatchFetcher.device",
        "krakenToken.token -> dispatchFetcher.token",
        "krakenToken.token -> krakenDevice.token",
        "rateFetcher.prices -> rateResolver.prices",
        "teslaToken.token -> teslaState.token",
        "teslaState.car -> rateResolver.car",
        "teslaState.car -> victronController.car",
        "victronGx.house -> rateResolver.house",
        "victronGx.house -> victronController.house",
        "rateResolver.cheap -> victronController.rate",
        "rateResolver.standard -> victronController.rate",
        "rateResolver.unsure -> victronController.rate",
        "victronController.lease -> victronGx.lease",
        "dispatchFetcher.unauthorised -> krakenToken.want, every: 5m",
        "dispatchFetcher.failed -> dispatchFetcher.poll, after: 10s, times: 5, spent: alarm.why",
        "teslaState.unauthorised -> teslaToken.want, every: 5m",
        "teslaState.asleep -> teslaState.poll, after: 15m",
    ]
    lines = "".join(f"  - {{from: {e.replace(' -> ', ', to: ')}}}\n" for e in edges)
    followed = {e.split(" ")[0] for e in edges}
    left = [f"{k}.{p}" for k, row in TABLE.items() for p in row.outs.split() if f"{k}.{p}" not in followed]
    whole = (
        f"flow: all\nnodes:\n{nodes}  alarm: {{type: alarm}}\nedges:\n{lines}ends: [{', '.join(left)}, alarm.said]\n"
    )

    flow = load_text(whole, env={"KEY": "k"})

    assert len(flow.nodes) == len(TABLE) + 1


def test_what_section_eight_writes_otherwise_loads_too() -> None:
    row = Row("window: false, allowance: null, trust: window", "tick plan", "", "cheap standard unsure")

    flow = load_text(text("rateResolver", row, ends=False), env={})

    assert list(flow.nodes) == ["rateResolver"]
