"""Whatever is written into a flow file: it is taken, or refused with reasons that have a place. Never a crash."""

from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.reasons import FlowError, Reason

PALETTE = Path(__file__).parent / "palette"

ports = st.sampled_from(["a.reading", "a.failed", "b.why", "a.poll", "b.left", "b.reading", "a", "b", ".", "a.", ".a"])
others = st.sampled_from(
    ["meter", "bell", "1m", "10%", "$KEY", "$NONE", "${", "$$", "12:30", "inner.yaml", "64MB", "NO"]
)
words = ports | others
leaves = words | st.none() | st.booleans() | st.integers(-2, 5) | st.floats() | st.text(max_size=5)
grammar = st.sampled_from(["type", "config", "host", "from", "to", "after", "times", "spent", "every", "drop", "first"])
names = st.sampled_from(["id", "phases", "window", "labels", "password", "until", "body", "a", "b", "factor", "most"])
keys = grammar | names
anything = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=5), max_leaves=12
)


def mostly(sound: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.integers(0, 4).flatmap(lambda n: sound if n else anything)


node = mostly(
    st.fixed_dictionaries(
        {"type": mostly(st.sampled_from(["meter", "bell", "pulse", "relay", "keyring"]))},
        optional={"config": st.dictionaries(keys, anything, max_size=4), "memory": anything},
    )
)
edge = mostly(
    st.fixed_dictionaries(
        {"from": words, "to": words},
        optional={"after": anything, "times": anything, "spent": words, "every": anything, "drop": st.booleans()},
    )
)
flow = st.fixed_dictionaries(
    {"flow": mostly(st.just("f")), "nodes": mostly(st.dictionaries(st.sampled_from("abc"), node))},
    optional={
        "edges": mostly(st.lists(edge, max_size=5)),
        "ends": mostly(st.lists(words, max_size=4)),
        "include": mostly(words),
        "durability": anything,
        "version": anything,
    },
)


def reasons(text: str, resolve: bool = True) -> list[Reason]:
    try:
        load_text(text, env={"KEY": "x"}, nodes_dirs=[PALETTE], resolve=resolve)
    except FlowError as refused:
        return refused.reasons
    return []


@settings(max_examples=150)
@given(flow, st.booleans())
def test_it_is_taken_or_refused_with_places_that_are_in_the_file(written: object, resolve: bool) -> None:
    text = yaml.safe_dump(written, allow_unicode=True, sort_keys=False)
    ends = [len(line) + 1 for line in text.splitlines()]

    for reason in reasons(text, resolve):
        assert 1 <= reason.line <= len(ends)
        assert 1 <= reason.col <= ends[reason.line - 1]
        assert reason.text


@settings(max_examples=150)
@given(st.text(alphabet="flow: {}[]nodes\n\t-&*a!'\"#|>?$,12", max_size=60))
def test_what_is_hardly_yaml_is_never_a_flow(text: str) -> None:
    assert reasons(text)
