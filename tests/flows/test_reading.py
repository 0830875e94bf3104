from typing import Any

import pytest

from wattwire.flows.engine.reading import Core, Pure, read
from wattwire.flows.engine.reasons import FlowError, Mark

both = pytest.mark.parametrize("loader", [Core, Pure])


@both
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12:30", "12:30"),
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("2026-11-20", "2026-11-20"),
        ("1_000", "1_000"),
        ("10%", "10%"),
        ("true", True),
        ("False", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("007", 7),
        ("0o17", 15),
        ("0x1F", 31),
        ("-12", -12),
        ("1e3", 1000.0),
        (".5", 0.5),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
    ],
)
def test_a_value_is_read_by_the_rules_of_yaml_1_2(text: str, value: object, loader: Any) -> None:
    found = read(f"key: {text}", "f.yaml", loader).plain["key"]

    assert found == value
    assert type(found) is type(value)


@both
def test_every_value_and_every_key_knows_its_place(loader: Any) -> None:
    top = read("a:\n  on: [x, {y: 1}]\n", "f.yaml", loader)

    assert top.value["a"].keys["on"] == Mark("f.yaml", 2, 3)
    assert top.value["a"].value["on"].value[1].value["y"].at == Mark("f.yaml", 2, 15)


def test_a_place_is_counted_in_characters_not_in_bytes() -> None:
    assert read("{ä: ö, b: c}", "f.yaml").keys["b"] == Mark("f.yaml", 1, 8)


def test_an_anchor_stands_for_its_value() -> None:
    assert read("a: &x {k: 1}\nb: *x", "f.yaml").plain == {"a": {"k": 1}, "b": {"k": 1}}


@both
@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: 1\nb: 2\na: 3", "f.yaml:3:1: 'a' is already given on line 1"),
        ("a: {b: 1, b: 2}", "f.yaml:1:11: 'b' is already given on line 1"),
        ("a:\n\tb: 1", "f.yaml:2:1: not YAML: a tab; YAML indents with spaces"),
        ("a: &x [*x]", "f.yaml:1:4: an anchor inside itself"),
        ("a: !secret b", "f.yaml:1:4: tag !secret is not known here"),
        ("a: !!int b", "f.yaml:1:4: 'b' is no int"),
        ("1: a", "f.yaml:1:1: 1 as a key; a key is text"),
        ("? [a]\n: b", "f.yaml:1:3: a list as a key; a key is text"),
    ],
)
def test_a_fault_has_a_place_and_plain_words(text: str, reason: str, loader: Any) -> None:
    with pytest.raises(FlowError) as refused:
        read(text, "f.yaml", loader)

    assert str(refused.value) == reason


@both
@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a: [1\nb: 2", "f.yaml:2:2: not YAML: "),
        ("a: 'x", "f.yaml:1:6: not YAML: "),
        ("a: b: c", "f.yaml:1:5: not YAML: "),
        ("- *x", "f.yaml:1:3: not YAML: "),
        ("a: 1\n---\nb: 2", "f.yaml:2:1: not YAML: "),
        ("a: 1\nb: \x07", "f.yaml:2:4: not YAML: "),
    ],
)
def test_what_is_not_yaml_is_refused_at_its_place(text: str, place: str, loader: Any) -> None:
    with pytest.raises(FlowError) as refused:
        read(text, "f.yaml", loader)

    assert str(refused.value).startswith(place)


def test_two_faults_are_both_told() -> None:
    with pytest.raises(FlowError) as refused:
        read("a: 1\na: 2\n3: 4", "f.yaml")

    assert [(r.line, r.col) for r in refused.value.reasons] == [(2, 1), (3, 1)]


@both
def test_values_too_deep_inside_values_are_refused(loader: Any) -> None:
    with pytest.raises(FlowError, match="too deep to read"):
        read("[" * 2000 + "]" * 2000, "f.yaml", loader)


def test_anchors_of_anchors_do_not_fill_the_memory() -> None:
    text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
    for i in range(9):
        text += f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 10)}]\n"

    with pytest.raises(FlowError, match="anchors that repeat anchors"):
        read(text, "f.yaml")
