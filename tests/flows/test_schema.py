"""The schema that editors use, held to the node types and to the loader."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

import wattwire.flows
from wattwire.flows.engine.loading import shipped_flows
from wattwire.flows.engine.palette import palette
from wattwire.flows.engine.reading import read
from wattwire.flows.engine.reasons import FlowError
from wattwire.flows.engine.schema import schema

HERE = Path(__file__).parent
COMMITTED = Path(str(wattwire.flows.__file__)).parent / "flow.schema.json"
OURS = schema(palette([HERE / "palette"]))

FOR_THE_LOADER_ALONE = {
    "a_key_twice",  # YAML's own faults, which an editor tells without a schema
    "a_tab",
    "included_by_itself",
}


def faults(text: str, by: Any = OURS) -> Iterator[str]:
    for error in Draft202012Validator(by).iter_errors(read(text, "f.yaml").plain):
        yield ".".join(map(str, error.absolute_path))


def meter(config: str) -> list[str]:
    text = f"flow: f\nnodes: {{m: {{type: meter, config: {{{config}}}}}}}"
    return [path.removeprefix("nodes.m.config").removeprefix(".") for path in faults(text)]


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(OURS)


def test_the_committed_one_is_of_the_shipped_nodes() -> None:
    """If not: wattwire schema -o flows/flow.schema.json."""
    assert json.loads(COMMITTED.read_text("utf-8")) == schema(palette())


@pytest.mark.parametrize("name", shipped_flows())
def test_a_shipped_flow_fits(name: str) -> None:
    text = shipped_flows()[name].read_text("utf-8")

    assert list(faults(text, schema(palette()))) == []


@pytest.mark.parametrize("file", sorted((HERE / "broken").glob("*.yaml")), ids=lambda f: f.stem)
def test_what_the_loader_refuses_in_form_an_editor_underlines_too(file: Path) -> None:
    try:
        found = list(faults(file.read_text("utf-8")))
    except FlowError:
        found = []

    assert bool(found) is (file.stem not in FOR_THE_LOADER_ALONE)


@pytest.mark.parametrize(
    "config",
    [
        "id: m",
        "id: $ID, phases: $PHASES, factor: 1, fine: $FINE, wait: $WAIT, limit: $LIMIT, trust: $TRUST",
        "id: m, wait: 1h30m, window: {from: 23:30, until: 05:30}, limit: null, lines: [L1], labels: {a: 1.5}",
        "id: m, window: false, password: $KEY, body: {any: [1, null]}",
        "id: m, password: simulated-key",
        "id: m, window: {from: $FROM}",
    ],
)
def test_settings_that_the_loader_takes_fit(config: str) -> None:
    assert meter(config) == []


@pytest.mark.parametrize(
    ("config", "where"),
    [
        ("phases: 1", ""),
        ("id: m, fase: 3", ""),
        ("id: 12", "id"),
        ("id: m, phases: three", "phases"),
        ("id: m, phases: 1.5", "phases"),
        ("id: m, fine: yes", "fine"),
        ("id: m, wait: 10", "wait"),
        ("id: m, wait: ''", "wait"),
        ("id: m, wait: 10 s", "wait"),
        ("id: m, trust: mid", "trust"),
        ("id: m, window: true", "window"),
        ("id: m, window: {from: 2330}", "window"),
        ("id: m, limit: lots", "limit"),
        ("id: m, lines: [1]", "lines.0"),
        ("id: m, labels: {a: b}", "labels.a"),
        ("id: m, password: hunter2", "password"),
    ],
)
def test_a_fault_is_underlined_at_the_setting(config: str, where: str) -> None:
    assert meter(config) == [where]


def test_a_comment_in_the_node_file_is_what_the_editor_shows() -> None:
    settings = OURS["$defs"]["meter.config"]["properties"]

    assert settings["id"]["description"] == "on the meter's plate"
    assert settings["wait"]["default"] == "20s"
    assert settings["window"]["default"] is False


def test_the_editor_completes_every_type() -> None:
    kinds = OURS["$defs"]["node"]["properties"]["type"]

    assert {"clock", "meter"} <= set(kinds["enum"])
    assert len(kinds["enum"]) == len(kinds["enumDescriptions"])
