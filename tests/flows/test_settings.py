"""Settings, as a person writes them under `config` of the node `meter` in palette/."""

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.reasons import FlowError
from wattwire.nodes import Secret

PALETTE = Path(__file__).parent / "palette"
ENV = {"ID": "m-1", "THREE": "3", "HALF": "0.5", "YES": "true", "SPAN": "5m", "LOW": "low", "KEY": "s3cret"}


def config(text: str, resolve: bool = True) -> Any:
    """The Config of a meter whose settings stand in line 4 from column 14 on."""
    flow = (
        f"flow: f\nnodes:\n  m: {{type: meter,\n    config: {{{text}}}}}\nends: [m.reading, m.unauthorised, m.failed]\n"
    )
    return load_text(flow, env=ENV, nodes_dirs=[PALETTE], resolve=resolve).nodes["m"].config


def reasons(text: str) -> list[str]:
    with pytest.raises(FlowError) as refused:
        config(text)
    return [f"{r.line}:{r.col}: {r.text}" for r in refused.value.reasons]


@pytest.mark.parametrize(
    ("text", "setting", "value"),
    [
        ("phases: 3", "phases", 3),
        ("factor: 2", "factor", 2.0),
        ("factor: 0.5", "factor", 0.5),
        ("fine: true", "fine", True),
        ("wait: 1h30m", "wait", timedelta(minutes=90)),
        ("limit: null", "limit", None),
        ("limit: 5", "limit", 5.0),
        ("trust: low", "trust", "low"),
        ("window: false", "window", False),
        ("lines: [L1, L2]", "lines", ("L1", "L2")),
        ("labels: {a: 1, b: 2.5}", "labels", {"a": 1.0, "b": 2.5}),
        ("body: {a: [1, $ID, null]}", "body", {"a": [1, "m-1", None]}),
        ("body: 12:30", "body", "12:30"),
    ],
)
def test_a_setting_becomes_what_the_node_declared(text: str, setting: str, value: object) -> None:
    found = getattr(config(f"id: x, {text}"), setting)

    assert found == value
    assert type(found) is type(value)


def test_a_setting_named_as_a_word_of_python_has_no_underscore_in_the_file() -> None:
    window = config("id: x, window: {from: 23:30}").window

    assert (window.from_, window.until) == (time(23, 30), time(5, 30))


@pytest.mark.parametrize(
    ("text", "setting", "value"),
    [
        ("phases: $THREE", "phases", 3),
        ("factor: $HALF", "factor", 0.5),
        ("limit: $THREE", "limit", 3.0),
        ("fine: $YES", "fine", True),
        ("wait: $SPAN", "wait", timedelta(minutes=5)),
        ("trust: $LOW", "trust", "low"),
        ("password: $KEY", "password", Secret("s3cret")),
        ("password: simulated-key", "password", Secret("simulated-key")),
    ],
)
def test_a_name_stands_for_any_kind_of_setting(text: str, setting: str, value: object) -> None:
    assert getattr(config(f"id: x, {text}"), setting) == value


def test_a_name_inside_a_text() -> None:
    assert config("id: W/$ID/$$1").id == "W/m-1/$1"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("id: x, fase: 3", "4:21: m: no setting 'fase'; did you mean 'phases'?"),
        ("phases: 3", "3:13: m: setting id is missing"),
        ("id: 12", '4:18: m: setting id is 12, not text; put it into quotes: "12"'),
        ("id: true", "4:18: m: setting id is true, not text"),
        ("id: null", "4:18: m: setting id is null, not text"),
        ("id: x, phases: three", "4:29: m: setting phases is 'three', not a whole number"),
        ("id: x, phases: '3'", "4:29: m: setting phases is '3', not a whole number"),
        ("id: x, phases: 1.5", "4:29: m: setting phases is 1.5, not a whole number"),
        ("id: x, factor: .inf", "4:29: m: setting factor is inf, not a number"),
        ("id: x, factor: true", "4:29: m: setting factor is true, not a number"),
        ("id: x, fine: yes", "4:27: m: setting fine is 'yes', not true or false"),
        (
            "id: x, wait: 10",
            "4:27: m: setting wait is 10, not a duration; a duration carries a unit: 10s, 5m, 1h",
        ),
        ("id: x, trust: mid", "4:28: m: setting trust is 'mid', not one of low, high"),
        ("id: x, window: true", "4:29: m: setting window is true, not {from, until} or false"),
        ("id: x, window: {from: 2330}", '4:36: m: setting window.from is 2330, not a time of day such as "23:30"'),
        ("id: x, window: {until: 23:30}", "4:29: m: setting window.from is missing"),
        (
            "id: x, window: {from: 23:30, untill: 5:30}",
            "4:43: m: setting window: no setting 'untill'; did you mean 'until'?",
        ),
        ("id: x, limit: lots", "4:28: m: setting limit is 'lots', not a number"),
        ("id: x, lines: L1", "4:28: m: setting lines is 'L1', not a list"),
        ("id: x, lines: [L1, 2]", '4:33: m: setting lines[1] is 2, not text; put it into quotes: "2"'),
        ("id: x, labels: {a: b}", "4:33: m: setting labels.a is 'b', not a number"),
        ("id: x, phases: 2", "4:29: m: phases is 2; a meter has 1 or 3"),
        (
            "id: x, password: 4711",
            "4:31: m: setting password is a secret written into the file; put it into the environment and write $NAME",
        ),
        (
            "id: mqtt://me:hunter2@here",
            "4:18: m: setting id has a password written into the file; put it into the environment and write $NAME",
        ),
        ("id: $NO", "4:18: $NO is not set"),
        ("id: x, phases: $NO", "4:29: $NO is not set"),
        ("id: x, window: $NO", "4:29: $NO is not set"),
        (
            "id: x, password: hunter2",
            "4:31: m: setting password is a secret written into the file; put it into the environment and write $NAME",
        ),
    ],
)
def test_a_setting_that_does_not_fit_is_a_reason_at_its_value(text: str, reason: str) -> None:
    assert reasons(text) == [reason]


def test_every_fault_of_a_node_is_told_at_once() -> None:
    told = reasons("phases: x, factor: y, lines: [1, $NO], window: {from: 1, until: 2}, what: 3")

    assert len(told) == 8


def test_what_a_name_stands_for_is_never_told() -> None:
    assert reasons("id: x, phases: $KEY") == ["4:29: m: setting phases is what $KEY stands for, not a whole number"]


def test_unresolved_a_text_is_its_name_and_what_needs_more_leaves_the_config_out() -> None:
    assert config("id: $NO", resolve=False).id == "$NO"
    assert config("id: x, password: $NO", resolve=False).password == Secret("$NO")
    assert config("id: x, phases: $NO", resolve=False) is None
