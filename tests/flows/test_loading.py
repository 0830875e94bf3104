import dataclasses
from datetime import timedelta
from pathlib import Path

import pytest

from wattwire.flows.engine.graph import Backoff, Flow
from wattwire.flows.engine.loading import FlowError, load, load_text, shipped_flows
from wattwire.nodes import Secret

HERE = Path(__file__).parent
PALETTE = HERE / "palette"
BROKEN = sorted((HERE / "broken").glob("*.yaml"))

METER = """flow: f
nodes:
  pulse: {type: pulse, config: {every: 1m}}
  meter: {type: meter, config: {id: m-1}}
  bell: {type: bell}
edges:
  - {from: pulse.tick, to: meter.poll}
  - {from: meter.failed, to: meter.poll, %s}
ends: [meter.reading, meter.unauthorised]
"""


def flow(text: str, **env: str) -> Flow:
    return load_text(text, env=env, nodes_dirs=[PALETTE])


def reasons(text: str) -> list[str]:
    with pytest.raises(FlowError) as refused:
        flow(text)
    return [f"{r.line}:{r.col}: {r.text}" for r in refused.value.reasons]


@pytest.mark.parametrize("file", BROKEN, ids=lambda f: f.stem)
def test_a_broken_file_is_refused_for_just_the_reasons_it_says(file: Path) -> None:
    """The comments at the fixture's end say them: `# 3:5: what is wrong`."""
    expected = [line.removeprefix("# ") for line in file.read_text().splitlines() if line.startswith("# ")]

    with pytest.raises(FlowError) as refused:
        load(file, env={}, nodes_dirs=[PALETTE])

    assert [f"{r.line}:{r.col}: {r.text}" for r in refused.value.reasons] == expected
    assert {r.file for r in refused.value.reasons} == {str(file)}


@pytest.mark.parametrize(
    ("edge", "after"),
    [
        ("after: 10s", Backoff(timedelta(seconds=10))),
        ("after: {first: 10s}", Backoff(timedelta(seconds=10))),
        (
            "after: {first: 10s, factor: 3, most: 5m, jitter: 10%}",
            Backoff(timedelta(seconds=10), 3.0, timedelta(minutes=5), 0.1),
        ),
    ],
)
def test_an_edge_waits_a_fixed_time_or_backs_off(edge: str, after: Backoff) -> None:
    assert flow(METER % edge).edges[1].after == after


def test_an_edge_with_everything() -> None:
    edge = flow(METER % "after: 10s, times: 5, spent: bell.why, every: 1m").edges[1]

    assert (edge.times, edge.spent, edge.every, edge.plain) == (5, "bell.why", timedelta(minutes=1), False)


def test_a_node_says_where_it_runs() -> None:
    node = flow("flow: f\nnodes: {b: {type: bell, host: pi, isolation: spawn, memory: 64MB}}").nodes["b"]

    assert (node.host, node.isolation, node.memory) == ("pi", "spawn", 64_000_000)


def test_settings_are_also_kept_as_written_but_for_a_secret() -> None:
    text = "flow: f\nnodes: {k: {type: keyring, config: {key: %s, url: $URL}}}\nends: [k.token, k.refused]"
    named = flow(text % "$KEY", KEY="s3cret", URL="http://x").nodes["k"]
    literal = flow(text % "simulated-key", URL="http://x").nodes["k"]

    assert named.given == {"key": "$KEY", "url": "$URL"}
    assert literal.given == {"key": "***", "url": "$URL"}
    assert (named.config.key, named.config.url) == (Secret("s3cret"), "http://x")


def test_all_missing_names_are_told_together_each_at_its_place() -> None:
    text = "flow: f\nnodes:\n  k: {type: keyring, config: {key: $KEY, url: $A/$B}}\nends: [k.token, k.refused]"

    assert reasons(text) == ["3:36: $KEY is not set", "3:47: $A is not set", "3:47: $B is not set"]


def test_the_revision_is_of_the_meaning_not_of_the_spelling() -> None:
    one = flow(METER % "after: 60s").revision
    same = flow("# a comment\n" + (METER % "after: {first: 1m}").replace("to: meter.poll, ", "to: meter, ")).revision
    other = flow(METER % "after: 61s").revision

    assert one == same
    assert one != other
    assert len(one) == 12


def test_a_flow_can_be_kept_on_disk() -> None:
    assert flow("flow: f\ndurability: disk\nnodes: {b: {type: bell}}").durability == "disk"


def test_keys_that_begin_with_x_are_for_anchors() -> None:
    text = "flow: f\nx-bell: &bell {type: bell, config: {loud: true}}\nnodes: {a: *bell, b: *bell}"

    assert [n.config.loud for n in flow(text).nodes.values()] == [True, True]


def test_a_file_that_is_not_there_is_a_reason_that_names_what_there_is() -> None:
    with pytest.raises(FlowError, match=r"^nowhere:1:1: no file nowhere, and no shipped flow 'nowhere'"):
        load("nowhere", env={})


def test_a_folder_is_no_flow(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="is a folder"):
        load(tmp_path, env={})


def test_bytes_that_are_no_text_are_a_reason(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"flow: \xff")

    with pytest.raises(FlowError, match="is not UTF-8 at byte 6"):
        load(tmp_path / "f.yaml", env={})


def test_a_broken_env_file_is_told_with_the_rest(tmp_path: Path) -> None:
    with pytest.raises(FlowError) as refused:
        load_text("flow: f\nnodes: {b: {type: quux}}", env_file=tmp_path / "none", nodes_dirs=[PALETTE])

    assert len(refused.value.reasons) == 2


@pytest.mark.parametrize("name", shipped_flows())
def test_a_shipped_flow_is_found_by_its_name_and_fits(name: str) -> None:
    found = load(name, env={}, resolve=False)

    assert found.nodes
    assert found.files[0] == str(shipped_flows()[name])


def test_a_flow_can_be_compared_and_never_changes() -> None:
    assert flow(METER % "after: 1s") == flow(METER % "after: 1s")
    with pytest.raises(dataclasses.FrozenInstanceError):
        flow(METER % "after: 1s").name = "g"  # type: ignore[misc]


def test_who_wants_to_know_is_told_early_where_the_nodes_come_from_also_those_that_are_included(tmp_path: Path) -> None:
    (tmp_path / "inner.yaml").write_text("flow: inner\nnodes:\n  a: {type: rateResolver}\n")
    (tmp_path / "outer.yaml").write_text("flow: outer\ninclude: [inner.yaml]\nnodes:\n  b: {type: no-such}\n")
    told: list[str] = []

    with pytest.raises(FlowError):
        load(tmp_path / "outer.yaml", env={}, ahead=told.extend)
    assert told == ["wattwire.nodes.no-such", "wattwire.nodes.rate_resolver"]


def test_with_a_folder_of_own_nodes_nobody_is_told_as_they_may_bear_any_name(tmp_path: Path) -> None:
    (tmp_path / "it.yaml").write_text("flow: it\nnodes:\n  a: {type: clock, config: {every: 1m}}\n")
    told: list[str] = []
    load(tmp_path / "it.yaml", env={}, nodes_dirs=[tmp_path], ahead=told.extend)

    assert told == []
