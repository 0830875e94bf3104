"""Edges, between nodes of palette/."""

from pathlib import Path

import pytest

from wattwire.flows.engine.graph import Edge
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.reasons import FlowError

PALETTE = Path(__file__).parent / "palette"
NODES = """flow: f
nodes:
  pulse: {type: pulse, config: {every: 1m}}
  keyring: {type: keyring, config: {key: $KEY}}
  meter: {type: meter, config: {id: m-1}}
  bell: {type: bell}
"""
OUTS = ["pulse.tick", "keyring.token", "keyring.refused", "meter.reading", "meter.unauthorised", "meter.failed"]


def text(*edges: str) -> str:
    """A flow with these edges in lines 8, 9, …; every out port that none of them leaves is an end."""
    ends = ", ".join(o for o in OUTS if not any(o in e.partition("to:")[0] for e in edges))
    return f"{NODES}edges:\n" + "".join(f"- {{{e}}}\n" for e in edges) + f"ends: [{ends}]\n"


def edges(*written: str) -> list[Edge]:
    return list(load_text(text(*written), env={"KEY": "x"}, nodes_dirs=[PALETTE]).edges)


def reasons(flow: str) -> list[str]:
    with pytest.raises(FlowError) as refused:
        load_text(flow, env={"KEY": "x"}, nodes_dirs=[PALETTE])
    return [f"{r.line}:{r.col}: {r.text}" for r in refused.value.reasons]


@pytest.mark.parametrize(
    ("edge", "to"),
    [
        ("from: pulse.tick, to: meter.poll", "meter.poll"),
        ("from: pulse.tick, to: meter", "meter.tick"),
        ("from: keyring.token, to: meter", "meter.token"),
        ("from: meter.failed, to: bell", "bell.why"),
        ("from: meter.failed, to: meter, after: 1m", "meter.poll"),
        ("from: meter.crashed, to: bell", "bell.why"),
    ],
)
def test_a_bare_node_is_its_one_port_that_takes_the_body(edge: str, to: str) -> None:
    assert [e.to for e in edges(edge)] == [to]


def test_a_flow_without_edges_may_run() -> None:
    assert edges() == []


def test_spent_too_may_be_a_bare_node() -> None:
    assert edges("from: meter.failed, to: meter.poll, after: 1s, times: 5, spent: bell")[0].spent == "bell.why"


@pytest.mark.parametrize(
    ("edge", "reason"),
    [
        ("from: puls.tick, to: meter.poll", "8:10: no node 'puls'; did you mean 'pulse'?"),
        ("from: pulse.tik, to: meter.poll", "8:10: pulse has no out port 'tik'; did you mean 'tick'?"),
        ("from: pulse, to: meter.poll", "8:10: pulse is a node; name its out port: pulse.tick, pulse.crashed"),
        ("from: meter.crashed, to: metre.poll", "8:29: no node 'metre'; did you mean 'meter'?"),
        ("from: meter.crashed, to: meter.pol", "8:29: meter has no in port 'pol'; did you mean 'poll'?"),
        ("from: meter.crashed, to: pulse.poll", "8:29: pulse has no in port"),
        ("from: meter.crashed, to: meter.tick", "8:29: meter.crashed carries Fault, meter.tick takes Tick"),
        ("from: pulse.tick, to: bell", "8:26: no in port of bell takes Tick"),
        (
            "from: meter.crashed, to: bell.why, after: 1s, times: 2, spent: meter.token",
            "8:67: meter.crashed carries Fault, meter.token takes Token",
        ),
        (
            "from: keyring.token, to: meter.token, after: 1s",
            "8:29: Token holds a secret and cannot wait; wait on an edge to an `any` port instead",
        ),
        (
            "from: keyring.token, to: meter.token, every: 1h",
            "8:29: Token holds a secret and cannot wait; wait on an edge to an `any` port instead",
        ),
        ("from: meter.failed, to: meter.poll", "8:10: a loop without after or every: meter.failed to meter.poll"),
    ],
)
def test_an_edge_that_does_not_fit_is_a_reason_at_its_end(edge: str, reason: str) -> None:
    told = [r for r in reasons(text(edge)) if "leads nowhere" not in r]

    assert told == [reason]


def test_a_secret_may_nudge_later_as_a_nudge_has_no_body() -> None:
    assert edges("from: keyring.token, to: keyring.want, after: 50m")[0].to == "keyring.want"


def test_an_edge_given_twice_is_refused_also_when_one_names_the_port_and_the_other_does_not() -> None:
    told = reasons(text("from: pulse.tick, to: meter.tick", "from: pulse.tick, to: meter, every: 1h"))

    assert told == ["9:3: an edge given twice: from pulse.tick to meter.tick, as on line 8"]


def test_an_out_port_that_leads_nowhere_is_a_reason_where_its_node_is_named() -> None:
    wired = text("from: pulse.tick, to: meter.poll").replace(", meter.unauthorised", "")

    assert reasons(wired) == ["5:3: meter.unauthorised leads nowhere; wire it or list it under ends"]


def test_a_flow_without_edges_needs_no_ends() -> None:
    assert load_text(NODES, env={"KEY": "x"}, nodes_dirs=[PALETTE]).edges == ()


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("pulse.tick", "9:89: pulse.tick is under ends, but an edge leads on from it"),
        ("bell.rung", "9:89: bell has no out port 'rung'; there is crashed"),
        ("belle.rung", "9:89: no node 'belle'; did you mean 'bell'?"),
        ("meter.failed", "9:89: meter.failed is under ends twice"),
    ],
)
def test_an_end_that_is_none_is_a_reason(end: str, reason: str) -> None:
    assert reasons(text("from: pulse.tick, to: meter.poll").replace("]", f", {end}]")) == [reason]


def test_a_loop_is_named_edge_by_edge_once() -> None:
    ring = """flow: f
nodes: {a: {type: relay}, b: {type: relay}, c: {type: relay}}
edges:
- {from: a.reading, to: b.left}
- {from: b.reading, to: c.left}
- {from: c.reading, to: a.left}
- {from: c.reading, to: a.right, after: 1s}
"""

    assert reasons(ring) == [
        "4:10: a loop without after or every: a.reading to b.left, b.reading to c.left, c.reading to a.left"
    ]


@pytest.mark.parametrize("wait", ["after: 1s", "every: 1h"])
def test_a_loop_in_which_something_waits_may_run(wait: str) -> None:
    assert edges(f"from: meter.failed, to: meter.poll, {wait}")


def test_counting_alone_is_no_waiting() -> None:
    told = reasons(text("from: meter.failed, to: meter.poll, times: 5, spent: bell.why"))

    assert told == ["8:10: a loop without after or every: meter.failed to meter.poll"]


@pytest.mark.parametrize("port", ["sent", "failed"])
def test_a_node_on_another_broker_that_leads_to_itself_is_a_loop(port: str) -> None:
    other = {"sent": "failed", "failed": "sent"}[port]
    flow = f"""flow: f
nodes: {{o: {{type: mqttOut, config: {{topic: t}}}}}}
edges: [{{from: o.{port}, to: o.body}}]
ends: [o.{other}]
"""

    assert reasons(flow) == [f"3:16: a loop without after or every: o.{port} to o.body"]
    assert len(load_text(flow.replace("body}", "body, after: 1s}"), env={}).edges) == 1


def test_a_loop_through_a_connection_is_none_as_what_comes_of_it_comes_by_itself() -> None:
    flow = """flow: f
nodes: {gx: {type: victronGx, config: {host: 127.0.0.1}}, controller: {type: victronController}}
edges: [{from: gx.house, to: controller.house}, {from: controller.lease, to: gx.lease}]
ends: [gx.confirmed, gx.refused, gx.lost]
"""

    assert len(load_text(flow, env={}).edges) == 2


def test_a_remembered_port_ends_a_loop_as_it_does_not_trigger() -> None:
    flow = text("from: meter.unauthorised, to: keyring.want", "from: keyring.token, to: meter.token")

    assert len(load_text(flow, env={"KEY": "x"}, nodes_dirs=[PALETTE]).edges) == 2
