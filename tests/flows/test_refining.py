"""Finer outcomes: by themselves where the flow follows them, by the coarser port where it does not."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from wattwire.flows.engine.announcing import graph
from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.deploying import difference
from wattwire.flows.engine.drawing import mermaid
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.manual import brief, page
from wattwire.flows.engine.palette import survey
from wattwire.flows.engine.reasons import FlowError
from wattwire.nodes import Fault, Reply

PALETTE = Path(__file__).parent / "palette"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
NODES = "flow: f\nnodes: {pulse: {type: pulse, config: {every: 1m}}, it: {type: probe}, bell: {type: bell}}\n"
POLL = "{from: pulse.tick, to: it.poll}"
FAILED = "{from: it.failed, to: bell.why}"
GONE = "{from: it.gone, to: bell.why, every: 1h}"


def flow(edges: str = "", ends: str = "") -> Flow:
    return load_text(f"{NODES}edges: [{edges}]\nends: [{ends}]\n", env={}, nodes_dirs=[PALETTE])


@pytest.mark.parametrize(
    ("edges", "ends", "through"),
    [
        ("", "", {"gone": "failed", "closed": "failed"}),
        ("", "it.gone", {"closed": "failed"}),
        (f"{POLL}, {FAILED}", "it.fine", {"gone": "failed", "closed": "failed"}),
        (f"{POLL}, {FAILED}, {GONE}", "it.fine", {"closed": "failed"}),
        (f"{POLL}, {FAILED}, {GONE}", "it.fine, it.closed", {}),
    ],
)
def test_what_nothing_follows_and_is_no_end_leaves_through_the_coarser_port(
    edges: str, ends: str, through: dict[str, str]
) -> None:
    assert flow(edges, ends).nodes["it"].through == through


@pytest.mark.parametrize(("edges", "ends"), [(POLL, "it.fine"), (f"{POLL}, {GONE}", "it.fine, it.closed")])
def test_the_coarser_port_must_lead_somewhere(edges: str, ends: str) -> None:
    with pytest.raises(FlowError) as refused:
        flow(edges, ends)

    assert [r.text for r in refused.value.reasons] == ["it.failed leads nowhere; wire it or list it under ends"]


def lived(it: Flow, status: int) -> list[tuple[str, object]]:
    bench = Bench(it, NOON, world=lambda node, request, now: Reply(status))
    bench.put(NOON, "it.poll", None)
    return [(seen.source, seen.body) for seen in bench.run(NOON).seen if seen.message is not None]


@pytest.mark.parametrize(
    ("edges", "ends", "status", "left"),
    [
        ("", "", 404, [("it.failed", Fault("HTTP 404", 404))]),
        ("", "it.gone", 404, [("it.gone", Fault("HTTP 404", 404))]),
        (f"{POLL}, {FAILED}", "it.fine", 404, [("it.failed", Fault("HTTP 404", 404))]),
        (f"{POLL}, {FAILED}, {GONE}", "it.fine", 404, [("it.gone", Fault("HTTP 404", 404))]),
        (
            f"{POLL}, {FAILED}, {GONE}",
            "it.fine",
            410,
            [("it.gone", Fault("gone", 410)), ("it.failed", Fault("closed", 410))],
        ),
        (f"{POLL}, {FAILED}", "it.fine", 410, [("it.failed", Fault("gone", 410)), ("it.failed", Fault("closed", 410))]),
    ],
)
def test_a_finer_outcome_has_the_same_body_by_either_port(
    edges: str, ends: str, status: int, left: list[tuple[str, Fault]]
) -> None:
    assert lived(flow(edges, ends), status) == left


def test_the_edges_of_the_coarser_port_count_and_delay_what_leaves_by_it() -> None:
    retried = "{from: it.failed, to: it.poll, after: 10s, times: 2, spent: bell.why}"
    bench = Bench(flow(f"{POLL}, {retried}", "it.fine"), NOON, world=lambda node, request, now: Reply(404))
    bench.put(NOON, "it.poll", None)
    bench.run(datetime(2026, 11, 20, 12, 0, 59, tzinfo=UTC))

    assert bench.times("it.failed") == ["12:00:00", "12:00:10", "12:00:20"]
    assert bench.carrier.edges["it.failed>it.poll"].counts["spent"] == 1


def test_a_repetition_makes_the_same_ids_and_two_that_share_a_port_have_their_own() -> None:
    def ids() -> list[str]:
        bench = Bench(flow(), NOON, world=lambda node, request, now: Reply(410))
        bench.put(NOON, "it.poll", None)
        return [seen.message.id for seen in bench.run(NOON).seen if seen.message is not None]

    assert ids() == ids()
    assert len(set(ids())) == 2


def test_an_edge_more_changes_the_node_that_it_leaves() -> None:
    names = ["edges", "pulse", "it", "bell"]
    told = difference(
        flow(f"{POLL}, {FAILED}", "it.fine"), flow(f"{POLL}, {FAILED}", "it.fine, it.gone"), dict.fromkeys(names), names
    )

    assert told.changed == ("it",)


def test_the_picture_says_what_else_leaves_by_a_port() -> None:
    arrow = 'n_it -->|"failed (closed) → why"| n_bell'

    assert arrow in mermaid(flow(f"{POLL}, {FAILED}, {GONE}", "it.fine"))


def test_the_palette_says_of_a_finer_port_by_which_one_it_leaves() -> None:
    probe, told = survey([PALETTE]).known["probe"], "there is no such page; without an edge it leaves by `failed`"

    assert f"| `gone` | `Fault` | {told} |" in page(probe)
    assert f"  out     gone               Fault  # {told}" in brief(probe)


def test_the_announced_graph_says_which_port_is_finer_than_which() -> None:
    outs = json.loads(graph(flow(), NOON))["nodes"]["it"]["outs"]

    assert {name: out.get("refines") for name, out in outs.items()} == (
        {"fine": None, "failed": None, "gone": "failed", "closed": "failed", "crashed": None}
    )
