"""Filters take what MQTT 3.1.1 §4.7 says, and every topic of ours can be told from every other."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwire.broker import topics
from wattwire.broker.topics import matches

words = st.text(st.characters(exclude_characters="+#/\0", exclude_categories=["Cs"]), max_size=6)
paths = st.lists(words, min_size=1, max_size=5).map("/".join).filter(bool)


@pytest.mark.parametrize(
    ("filter", "topic", "taken"),
    [
        ("a/b", "a/b", True),
        ("a/b", "a/b/c", False),
        ("a/b", "a", False),
        ("a/b", "a/B", False),
        ("a/+", "a/b", True),
        ("a/+", "a", False),
        ("a/+", "a/", True),
        ("a/+", "a/b/c", False),
        ("+/b", "a/b", True),
        ("+/+", "/a", True),
        ("+", "/a", False),
        ("#", "a/b", True),
        ("#", "/", True),
        ("a/#", "a/b/c", True),
        ("a/#", "a", True),
        ("a/#", "ab", False),
        ("+/#", "a", True),
        ("#", "$SYS/x", False),
        ("+/x", "$SYS/x", False),
        ("$SYS/#", "$SYS/x", True),
        ("$SYS/+", "$SYS/x", True),
        ("a/+/$status", "a/b/$status", True),
        ("a/#", "a/b/$status", True),
    ],
)
def test_a_filter_takes_a_topic(filter: str, topic: str, taken: bool) -> None:
    assert matches(filter, topic) is taken


@given(paths)
def test_a_topic_is_its_own_filter(topic: str) -> None:
    assert matches(topic, topic)


@given(paths, st.integers(0, 5))
def test_any_level_may_be_a_plus_and_any_rest_a_hash(topic: str, at: int) -> None:
    levels = topic.split("/")
    at = min(at, len(levels) - 1)
    plus = "/".join([*levels[:at], "+", *levels[at + 1 :]])
    rest = "/".join([*levels[:at], "#"])
    hidden = topic.startswith("$") and at == 0

    assert matches(plus, topic) is not hidden
    assert matches(rest, topic) is not hidden


@pytest.mark.parametrize(
    ("made", "topic"),
    [
        (topics.out("f", "n", "p"), "wattwire/f/n/p"),
        (topics.into("f", "n", "p"), "wattwire/f/n/in/p"),
        (topics.status("f", "n"), "wattwire/f/n/$status"),
        (topics.poison("f", "n"), "wattwire/f/n/$aside"),
        (topics.owner("f", "n"), "wattwire/f/n/$owner"),
        (topics.graph("f"), "wattwire/f/$flow"),
        (topics.waiting("f", "e"), "wattwire/f/$waiting/e"),
        (topics.request("f", "send"), "wattwire/f/$request/send"),
        (topics.response("f", "send"), "wattwire/f/$response/send"),
        (topics.client("f", "n"), "wattwire-f-n"),
        (topics.client("f-g", "n-m"), "wattwire-f.g-n-m"),
        (topics.outer("f-g", "n"), "wattwire-f.g-n.outer"),
    ],
)
def test_the_public_grammar(made: str, topic: str) -> None:
    assert made == topic


names = st.from_regex(r"[a-z][a-zA-Z0-9]{0,8}", fullmatch=True)


@given(names, names, names)
def test_no_two_kinds_of_topic_meet(flow: str, node: str, port: str) -> None:
    kinds: list[Callable[[], str]] = [
        lambda: topics.out(flow, node, port),
        lambda: topics.into(flow, node, port),
        lambda: topics.status(flow, node),
        lambda: topics.poison(flow, node),
        lambda: topics.owner(flow, node),
        lambda: topics.graph(flow),
        lambda: topics.waiting(flow, port),
        lambda: topics.request(flow, port),
        lambda: topics.response(flow, port),
    ]

    assert len({kind() for kind in kinds}) == 9


def test_no_two_clients_share_an_id() -> None:
    names = ["a", "b", "a-b", "b-a", "outer", "a-outer", "a--outer", "-".join("ab" * 3)]
    ids = [id(flow, node) for flow in names for node in names for id in (topics.client, topics.outer)]

    assert len(set(ids)) == 2 * len(names) ** 2
