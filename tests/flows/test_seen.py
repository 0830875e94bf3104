"""By what a node knows a repetition: for how long, in how much room, and what it never forgets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import process_time

import pytest

from wattwire.flows.engine.seen import LINES, Seen
from wattwire.flows.engine.store import SOME, Store


@pytest.mark.parametrize(("count", "hours"), [(20_001, 0.2), (21_600, 0.5), (180_000, 0.4)])
def test_what_a_sender_sends_again_when_it_was_cut_off_for_half_an_hour_is_known(
    monkeypatch: pytest.MonkeyPatch, count: int, hours: float
) -> None:
    now = [0.0]
    monkeypatch.setattr("wattwire.flows.engine.seen.monotonic", lambda: now[0])
    seen = Seen()
    seen.add("sent just before")
    for n in range(count):
        now[0] += hours * 3600 / count
        seen.add(f"{n}")

    assert "sent just before" in seen


def test_nor_is_it_forgotten_by_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr("wattwire.flows.engine.store.monotonic", lambda: now[0])
    monkeypatch.setattr("wattwire.flows.engine.store.LEAST", 500)
    store = Store(tmp_path / "node.db")
    for n in range(2000):
        now[0] += 0.8
        store.commit(key=f"{n}")

    assert len(list(store.seen())) == 2000


def test_an_input_that_comes_anew_is_known_for_as_long_as_a_new_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wattwire.flows.engine.seen.LEAST", 3)
    monkeypatch.setattr("wattwire.flows.engine.seen.AGAIN", -1.0)
    seen = Seen(["pressed", "a"])
    for key in ("pressed", "b", "c"):
        seen.add(key)
    known = "pressed" in seen
    seen.add("d")

    assert (known, len(seen), "pressed" in seen) == (True, 3, False)


def test_what_can_come_again_no_more_is_forgotten_though_it_was_a_burst(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    for module in ("seen", "store"):
        monkeypatch.setattr(f"wattwire.flows.engine.{module}.monotonic", lambda: now[0])
    store, seen = Store(tmp_path / "node.db"), Seen()
    for n in range(24_000):
        store.commit(key=str(n))
        seen.add(str(n))
    now[0] = 6 * 3600 + 1.0
    for n in range(24_000, 28_160):
        store.commit(key=str(n))
        seen.add(str(n))

    assert (len(seen), len(list(store.seen()))) == (20_000, 20_000)
    assert list(store.seen())[-1] == "28159"


def test_a_memory_that_is_full_costs_hardly_more_than_one_that_fills(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wattwire.flows.engine.seen.AGAIN", -1.0)

    def cost(seen: Seen, first: int) -> float:
        began = process_time()
        for n in range(first, first + 5000):
            seen.add(f"{n}")
        return process_time() - began

    full = Seen(str(n) for n in range(-20_000, 0))
    costs = [(cost(Seen(), n), cost(full, n)) for n in range(0, 60_000, 5000)]

    assert min(full for _, full in costs[4:]) < 4 * min(filling for filling, _ in costs)


Put = Callable[[Seen, str], None]


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time in a small memory."""
    now = [0.0]
    for module in ("seen", "store"):
        monkeypatch.setattr(f"wattwire.flows.engine.{module}.LEAST", 300)
        monkeypatch.setattr(f"wattwire.flows.engine.{module}.monotonic", lambda: now[0])
    return now


@pytest.fixture
def store(now: list[float], tmp_path: Path) -> Iterator[Store]:
    with closing(Store(tmp_path / "node.db")) as made:
        yield made


@pytest.fixture
def put(store: Store, now: list[float]) -> Put:
    """Add a key to the memory and to the file, ten seconds after the one before."""

    def put(seen: Seen, key: str) -> None:
        now[0] += 10.0
        seen.add(key)
        store.commit(key=key)

    return put


def test_the_newest_of_each_edge_into_each_port_is_known_however_much_came_since(put: Put, store: Store) -> None:
    """It may be retained, and come once more with the next connection."""
    rare = ["1|a.rates>b|rates", "2|a.rates>b|rates", "3||rates", "s:4|c.rates>b|rates\nr:4|c.rates>b|rates"]
    seen = Seen()
    for key in (*rare, *(f"{n}|a.tick>b|tick" for n in range(2000))):
        put(seen, key)
    after = Seen(store.seen())
    for known in (seen, after):
        assert [key in known for key in (*rare[:3], "r:4|c.rates>b|rates")] == [False, True, True, True]
        assert len(known) <= 600

    for key in ("5|a.rates>b|rates", *(f"{n}|a.tick>b|tick" for n in range(2000, 4000))):
        put(after, key)
    for known in (after, Seen(store.seen())):
        assert [key in known for key in (rare[1], rare[2], "5|a.rates>b|rates")] == [False, True, True]


def test_edges_that_others_make_up_take_no_more_than_so_much_room(put: Put, store: Store) -> None:
    seen = Seen()
    for n in range(3000):
        put(seen, f"{n}|made.up{n}>b|body")

    assert len(seen) <= 300 + LINES
    assert len(list(store.seen())) <= 300 + SOME + LINES
