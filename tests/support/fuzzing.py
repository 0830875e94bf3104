"""Bad input by the thousand: how it is made out of good input, and what dealing with it may cost."""

from __future__ import annotations

import copy
import json
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from types import FrameType
from typing import Any

from hypothesis import strategies as st

LIMIT = 2.0  # seconds of CPU for one input


class Hang(BaseException):
    """An input took longer than any may. No Exception, so that nobody catches it on the way."""


@contextmanager
def limited(seconds: float = LIMIT) -> Iterator[None]:
    """Not longer than so much CPU: of what others on the machine take, nothing counts."""
    began = time.process_time()

    def stop(_: int, __: FrameType | None) -> None:
        raise Hang(f"more than {seconds} s of CPU")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    if time.process_time() - began > seconds + 0.5:  # some C code does not let itself be stopped
        raise Hang(f"more than {seconds} s of CPU")


# Bytes

RUBBISH = [
    *(b"\0", b"\xff", b"\xef\xbb\xbf", b"\xff\xfe", b"\r", b"\n", b"\t", b" ", b'"', b"'", b"\\", b"\\ud800", b"$$"),
    *(b"[", b"]", b"{", b"}", b":", b",", b"-", b"?", b"&a ", b"*a", b"<<: *a", b"!!python/name:os.system", b"|", b">"),
    *(b"[" * 2000, b"{" * 2000, b"- " * 200, b" " * 5000, b"a" * 5000, b"9" * 5000, b"0x" + b"f" * 5000, b"1e999"),
    *(b"NaN", b"Infinity", b"-1", b"null", b"true", b"2026-11-20T12:00:00Z", b"9999-12-31T23:59:59Z", b"\xe2\x80\xa8"),
]  # fmt: skip
EDITS = ["cut", "put", "over", "twice", "end", "flip", "move"]
Edit = tuple[str, float, float, bytes]


def edited(data: bytes, edits: Sequence[Edit]) -> bytes:
    """The bytes after some edits; a place is a share of the length."""
    for kind, where, to, word in edits:
        start = round(where * len(data))
        stop = max(start, min(len(data), start + round(to * 40)))
        match kind:
            case "cut":
                data = data[:start] + data[stop:]
            case "put":
                data = data[:start] + word + data[start:]
            case "over":
                data = data[:start] + word + data[stop:]
            case "twice":
                data = data[:stop] + data[start:]
            case "end":
                data = data[:start]
            case "flip" if start < len(data):
                data = data[:start] + bytes((data[start] ^ 1 << round(to * 7),)) + data[start + 1 :]
            case "move":
                data = data[:start] + data[stop:] + data[start:stop]
    return data


SHARE = st.floats(0, 1, allow_nan=False, width=16)
EDITED = st.lists(st.tuples(st.sampled_from(EDITS), SHARE, SHARE, st.sampled_from(RUBBISH) | st.binary(max_size=6)),
                  max_size=5)  # fmt: skip


# What is made of objects, lists and values

ABSURD: list[Any] = [
    *(None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 10**30, 1e300, -1e300, 1e-320, 0.1, -0.0),
    *("", " ", "x", "null", "0", "NaN", "1e999", "12:30", "$", "$NAME", "\0", "é\u2028", "a" * 3000, "-1", "true"),
    *("2026-11-20T12:00:00Z", "2026-11-20T12:00:00", "2026-11-20", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"),
    *("0001-01-01T00:00:00+14:00", "2026-11-20T12:00:00-12:00", "24:00", "10s", "1000000d", "-5m"),
    *([], {}, [None], [[]], {"": None}, [{}], {"value": {}}),
]  # fmt: skip
WILD: list[Any] = [*ABSURD, float("nan"), float("inf"), float("-inf"), 10**400, "\ud800", "2026-11-20\ud80012:00"]
"""What json.loads lets through, and JSON as such has not; and half characters."""

TREE_EDITS = ["replace", "drop", "wrap", "unwrap", "rename", "twice", "deep", "swap"]
TreeEdit = tuple[str, float, float, Any]


def remade(tree: Any, edits: Sequence[TreeEdit]) -> Any:
    """A value of objects and lists after some edits; a place is a share of all places in it."""
    holder = [copy.deepcopy(tree)]
    for kind, where, other, value in edits:
        places = list(_places(holder, holder[0]))
        into, key = places[round(where * (len(places) - 1))]
        from_, theirs = places[round(other * (len(places) - 1))]
        match kind:
            case "replace":
                into[key] = copy.deepcopy(value)
            case "drop" if into is not holder:
                del into[key]
            case "wrap":
                into[key] = [into[key]] if other < 0.5 else {"x": into[key]}
            case "unwrap" if isinstance(into[key], dict | list) and into[key]:
                into[key] = next(iter(into[key].values() if isinstance(into[key], dict) else into[key]))
            case "rename" if isinstance(into, dict):
                into[str(value)] = into.pop(key)
            case "twice" if isinstance(into, list) and into is not holder:
                into.insert(key, copy.deepcopy(into[key]))
            case "deep":
                for _ in range(round(other * 120)):
                    into[key] = [into[key]]
            case "swap":
                into[key] = copy.deepcopy(from_[theirs])
    return holder[0]


def _places(into: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in it, as what holds it and the key there."""
    todo: list[tuple[Any, Any]] = [(into, 0)]
    while todo:
        into, key = todo.pop()
        yield into, key
        value = into[key]
        if isinstance(value, dict):
            todo += [(value, k) for k in value]
        elif isinstance(value, list):
            todo += [(value, k) for k in range(len(value))]


def tree_edits(values: Sequence[Any] = ABSURD) -> st.SearchStrategy[list[TreeEdit]]:
    return st.lists(st.tuples(st.sampled_from(TREE_EDITS), SHARE, SHARE, st.sampled_from(values)), max_size=5)


def chanced(chance: Random, values: Sequence[Any] = ABSURD) -> list[TreeEdit]:
    """Edits of a tree without hypothesis."""
    return [(chance.choice(TREE_EDITS), chance.random(), chance.random(), chance.choice(values))
            for _ in range(chance.randrange(5))]  # fmt: skip


@dataclass(frozen=True)
class Target:
    """Something that takes bytes from outside. `hand` returns, whatever they are, or raises: then that is a bug."""

    name: str
    hand: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    tree: Callable[[bytes], Any] | None = json.loads  # None: the seeds are no trees
    write: Callable[[Any], bytes] = lambda tree: json.dumps(tree).encode()
    values: tuple[Any, ...] = tuple(ABSURD)

    @property
    def inputs(self) -> st.SearchStrategy[bytes]:
        raw = st.builds(edited, st.sampled_from(self.seeds), EDITED)
        if self.tree is None:
            return raw | st.binary(max_size=100)
        trees = st.sampled_from([self.tree(seed) for seed in self.seeds])
        made = st.builds(remade, trees, tree_edits(self.values)).map(self.write)
        return made | made | raw | st.binary(max_size=60)

    def blind(self, chance: Random) -> bytes:
        """An input without hypothesis: quick to make, and nobody makes it smaller."""
        seed = chance.choice(self.seeds)
        if self.tree is not None and chance.random() < 0.6:
            return self.write(remade(self.tree(seed), chanced(chance, self.values)))
        edits = [(chance.choice(EDITS), chance.random(), chance.random(), chance.choice(RUBBISH))
                 for _ in range(chance.randrange(6))]  # fmt: skip
        return edited(seed, edits)

    def try_(self, data: bytes) -> None:
        with limited():
            self.hand(data)
