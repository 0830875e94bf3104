"""A flow over another, both in palette/'s terms."""

from pathlib import Path

import pytest

from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import FlowError, load
from wattwire.nodes import Secret

PALETTE = Path(__file__).parent / "palette"
INNER = """flow: inner
nodes:
  pulse: {type: pulse, config: {every: 1m}}
  keyring: {type: keyring, host: pi, config: {key: $KEY, url: http://real/}}
  meter: {type: meter, config: {id: $ID, limit: 5, phases: 3}}
  bell: {type: bell}
edges:
  - {from: pulse.tick, to: meter.poll}
  - {from: keyring.token, to: meter}
  - {from: meter.failed, to: meter.poll, after: 1m}
  - {from: meter.unauthorised, to: keyring.want}
  - {from: keyring.refused, to: bell}
ends: [meter.reading]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "inner.yaml").write_text(INNER)
    return tmp_path


def over(folder: Path, text: str, **env: str) -> Flow:
    (folder / "outer.yaml").write_text(f"flow: outer\ninclude: inner.yaml\n{text}")
    return load(folder / "outer.yaml", env=env, nodes_dirs=[PALETTE])


def reasons(folder: Path, text: str, **env: str) -> list[str]:
    with pytest.raises(FlowError) as refused:
        over(folder, text, **env)
    return [str(r).removeprefix(f"{folder}/") for r in refused.value.reasons]


def test_nodes_and_edges_are_the_inner_flows_and_the_name_is_the_outers(folder: Path) -> None:
    flow = over(folder, "", KEY="k", ID="i")

    assert flow.name == "outer"
    assert list(flow.nodes) == ["pulse", "keyring", "meter", "bell"]
    assert len(flow.edges) == 5
    assert flow.files == (str(folder / "outer.yaml"), str(folder / "inner.yaml"))


def test_settings_are_overridden_key_by_key_and_an_overridden_name_is_not_looked_up(folder: Path) -> None:
    flow = over(folder, "nodes: {keyring: {config: {key: simulated-key}}, meter: {config: {id: m-2}}}")

    assert flow.nodes["keyring"].config.key == Secret("simulated-key")
    assert flow.nodes["keyring"].config.url == "http://real/"
    assert flow.nodes["keyring"].host == "pi"
    assert flow.nodes["meter"].config.phases == 3


def test_null_puts_a_setting_back_to_its_default_or_is_null_where_that_is_a_value(folder: Path) -> None:
    flow = over(folder, "nodes: {meter: {config: {id: m, phases: null, limit: null}}}", KEY="k")

    assert (flow.nodes["meter"].config.phases, flow.nodes["meter"].config.limit) == (1, None)


def test_a_node_with_a_type_takes_the_place_of_the_inner_one(folder: Path) -> None:
    flow = over(folder, "nodes: {pulse: {type: pulse, config: {every: 1h}}}", KEY="k", ID="i")

    assert flow.nodes["pulse"].given == {"every": "1h"}


def test_null_drops_a_node_with_its_edges_and_ends(folder: Path) -> None:
    flow = over(folder, "nodes: {meter: null}\nends: [pulse.tick, keyring.token]", KEY="k")

    assert list(flow.nodes) == ["pulse", "keyring", "bell"]
    assert [e.name for e in flow.edges] == ["keyring.refused>bell.why"]
    assert flow.ends == {"pulse.tick", "keyring.token"}


def test_an_edge_between_the_same_ports_takes_the_place_of_the_inner_one(folder: Path) -> None:
    flow = over(folder, "edges: [{from: meter.failed, to: meter.poll, after: 5s}]", KEY="k", ID="i")

    assert [e.after.first.seconds for e in flow.edges if e.after] == [5]


def test_an_edge_can_be_dropped_and_what_led_there_ended(folder: Path) -> None:
    text = "edges: [{from: keyring.refused, to: bell.why, drop: true}]\nends: [keyring.refused]"

    assert len(over(folder, text, KEY="k", ID="i").edges) == 4


def test_an_inner_end_may_be_led_on(folder: Path) -> None:
    flow = over(
        folder,
        "nodes: {relay: {type: relay}}\nedges: [{from: meter.reading, to: relay.left}]\nends: [relay.reading]",
        KEY="k",
        ID="i",
    )

    assert flow.ends == {"relay.reading"}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("nodes: {metre: {config: {id: m}}}", "outer.yaml:3:9: metre: type is missing"),
        ("nodes: {metre: null}", "outer.yaml:3:9: no node 'metre'; did you mean 'meter'?: nothing to drop"),
        ("nodes: {meter: {config: {idd: m}}}", "outer.yaml:3:26: meter: no setting 'idd'; did you mean 'id'?"),
        (
            "edges: [{from: pulse.tick, to: bell.why, drop: true}]",
            "outer.yaml:3:9: no edge from pulse.tick to bell.why: nothing to drop",
        ),
        (
            "nodes: {pulse: null}\nedges: [{from: pulse.tick, to: meter.poll}]",
            "outer.yaml:4:16: no node 'pulse'; there are bell, keyring, meter",
        ),
    ],
)
def test_an_override_of_nothing_is_a_reason(folder: Path, text: str, reason: str) -> None:
    assert reasons(folder, text, KEY="k", ID="i") == [reason]


def test_a_fault_of_the_inner_flow_is_told_in_its_file_with_those_of_the_outer(folder: Path) -> None:
    assert reasons(folder, "nodes: {pulse: {config: {every: 5}}}", KEY="k") == [
        "inner.yaml:5:37: $ID is not set",
        "outer.yaml:3:33: pulse: setting every is 5, not a duration; a duration carries a unit: 10s, 5m, 1h",
    ]


def test_several_are_included_side_by_side_and_a_file_included_twice_counts_once(folder: Path) -> None:
    (folder / "more.yaml").write_text("flow: more\ninclude: inner.yaml\nnodes: {bell2: {type: bell}}")
    (folder / "outer.yaml").write_text("flow: outer\ninclude: [inner.yaml, more.yaml]\n")

    flow = load(folder / "outer.yaml", env={"KEY": "k", "ID": "i"}, nodes_dirs=[PALETTE])

    assert (len(flow.nodes), len(flow.edges)) == (5, 5)


@pytest.mark.parametrize("order", [["changed", "reduced", "plain"], ["plain", "reduced", "changed"]])
def test_what_one_of_several_changed_or_took_out_of_the_flow_they_share_counts(folder: Path, order: list[str]) -> None:
    changed = "nodes: {meter: {config: {limit: 9}}}\nedges: [{from: meter.failed, to: meter.poll, after: 5m}]"
    ends = "ends: [keyring.refused, pulse.tick]"
    reduced = f"nodes: {{bell: null}}\n{ends}\nedges: [{{from: pulse.tick, to: meter.poll, drop: true}}]"
    plain = "nodes: {bell2: {type: bell}}\nedges: [{from: meter.failed, to: bell2}]"
    for name, text in {"changed": changed, "reduced": reduced, "plain": plain}.items():
        (folder / f"{name}.yaml").write_text(f"flow: {name}\ninclude: inner.yaml\n{text}")
    (folder / "outer.yaml").write_text(f"flow: outer\ninclude: [{', '.join(f'{name}.yaml' for name in order)}]\n")

    flow = load(folder / "outer.yaml", env={"KEY": "k", "ID": "i"}, nodes_dirs=[PALETTE])

    assert set(flow.nodes) == {"pulse", "keyring", "meter", "bell2"}
    assert (flow.nodes["meter"].config.limit, flow.nodes["meter"].config.phases) == (9, 3)
    assert [e.after.first.total_seconds() for e in flow.edges if e.source == "meter.failed" and e.after] == [300]
    assert {e.source for e in flow.edges if e.to in ("bell.why", "bell2.why", "meter.poll")} == {"meter.failed"}


def test_two_included_flows_may_not_both_have_a_node_of_one_name(folder: Path) -> None:
    (folder / "more.yaml").write_text("flow: more\nnodes: {bell: {type: bell}}")
    (folder / "outer.yaml").write_text("flow: outer\ninclude: [inner.yaml, more.yaml]\n")

    with pytest.raises(FlowError, match=r"more\.yaml:2:9: node 'bell' is also in .*inner\.yaml"):
        load(folder / "outer.yaml", env={"KEY": "k", "ID": "i"}, nodes_dirs=[PALETTE])


def test_a_circle_of_includes_is_refused_and_named(folder: Path) -> None:
    (folder / "inner.yaml").write_text("flow: inner\ninclude: outer.yaml")

    told = reasons(folder, "nodes: {bell: {type: bell}}")

    assert told == ["inner.yaml:2:10: a circle: outer.yaml includes inner.yaml includes outer.yaml"]


def test_an_include_that_is_not_there_is_the_only_reason(folder: Path) -> None:
    (folder / "inner.yaml").unlink()

    text = "nodes: {meter: {config: {id: m}}}\nedges: [{from: pulse.tick, to: meter.poll}]\nends: [meter.failed]"

    (reason,) = reasons(folder, text)

    assert reason.startswith("outer.yaml:2:10: no file inner.yaml, and no shipped flow 'inner.yaml'")


def test_an_include_is_a_file_or_a_list_of_files(folder: Path) -> None:
    (folder / "outer.yaml").write_text("flow: outer\ninclude: [inner.yaml, 5]\n")

    with pytest.raises(FlowError, match="2:23: 5 under include; it should be a file or a shipped flow"):
        load(folder / "outer.yaml", env={"KEY": "k", "ID": "i"}, nodes_dirs=[PALETTE])


def test_durability_is_the_outers_else_the_inners(folder: Path) -> None:
    (folder / "inner.yaml").write_text(INNER + "durability: disk\n")

    assert over(folder, "", KEY="k", ID="i").durability == "disk"
    assert over(folder, "durability: broker", KEY="k", ID="i").durability == "broker"
