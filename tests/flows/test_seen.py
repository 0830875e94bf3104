"""By what a node knows a repetition: for how long, in how much room, and what it never forgets."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from time import process_time

import pytest

from wattwire.broker.envelope import begin
from wattwire.flows.engine.inputs import Input
from wattwire.flows.engine.routes import Route
from wattwire.flows.engine.seen import LINES, Seen, line_of
from wattwire.flows.engine.store import SOME, Damaged, Full, Store

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
        seen.add(key, line_of(key))
        store.commit(key=key, line=line_of(key))

    return put


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


def test_the_newest_of_each_edge_into_each_port_is_known_however_much_came_since(put: Put, store: Store) -> None:
    """It may be retained, and come once more with the next connection."""
    rare = ["1|a.rates>b|rates", "2|a.rates>b|rates", "3||rates", "s:4|c.rates>b|rates\nr:4|c.rates>b|rates"]
    seen = Seen()
    for key in (*rare, *(f"{n}|a.tick>b|tick" for n in range(2000))):
        put(seen, key)

    for known in (seen, Seen(store.seen())):
        assert [key in known for key in (*rare[:3], "r:4|c.rates>b|rates")] == [False, True, True, True]
        assert len(known) <= 600


def test_nor_is_it_forgotten_after_another_start(tmp_path: Path, now: list[float]) -> None:
    seen, rare = Seen(), "1|a.rates>b|rates"
    for start in range(3):
        with closing(Store(tmp_path / "node.db")) as store:
            seen = Seen(store.seen())
            for key in (*[rare][start:], *(f"{start}.{n}|a.tick>b|tick" for n in range(1000))):
                now[0] += 10.0
                seen.add(key, line_of(key))
                store.commit(key=key, line=line_of(key))
            known = rare in seen, rare in Seen(store.seen())

        assert known == (True, True)


def test_when_there_is_a_newer_one_it_is_forgotten_as_others_are(put: Put, store: Store) -> None:
    seen = Seen()
    for n in range(4000):
        put(seen, f"{n}|a.rates>b|rates" if n % 2000 == 0 else f"{n}|a.tick>b|tick")

    for known in (seen, Seen(store.seen())):
        assert ["0|a.rates>b|rates" in known, "2000|a.rates>b|rates" in known] == [False, True]


def test_ids_with_bars_in_them_are_of_the_edge_that_they_came_along(put: Put) -> None:
    seen = Seen()
    for key in ("1|a.rates>b|rates", *(f"meter|{n}|a.tick>b|tick" for n in range(2000))):
        put(seen, key)

    assert "1|a.rates>b|rates" in seen


def test_hours_on_a_full_disk_take_no_place_in_the_file(
    put: Put, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wattwire.flows.engine.store.SOME", 16)
    seen = Seen()
    for n in range(1000):
        put(seen, f"{n}")
    store._db.execute(f"PRAGMA max_page_count={store._db.execute('PRAGMA page_count').fetchone()[0]}")
    for _ in range(5000):
        with pytest.raises(Full):
            store.commit(key="x" * 4000)
    store._db.execute("PRAGMA max_page_count=1000000")
    for n in range(1000, 1250):
        put(seen, f"{n}")

    assert set(store.seen()) >= {f"{n}" for n in range(950, 1250)}


@pytest.mark.parametrize(
    ("number", "key"),
    [(1, "x'00ff'"), (1, "NULL"), (1, "17"), ("NULL", "'a'"), ("'abc'", "'a'"), (-1, "'a'"), (2**63 - 1, "'a'")],
)
def test_what_makes_no_sense_there_is_damage(tmp_path: Path, number: int | str, key: str) -> None:
    with closing(sqlite3.connect(tmp_path / "node.db")) as db:
        db.execute("CREATE TABLE seen (number, key)")
        db.execute(f"INSERT INTO seen VALUES ({number}, {key})")
        db.commit()

    with pytest.raises(Damaged):
        Store(tmp_path / "node.db")


def test_what_a_person_hands_in_again_takes_no_edge_s_place() -> None:
    message = begin("a.b", 1, datetime.now(UTC), "1")
    ever = Input(message, Route("a.b>it", "body")), Input(message, Route("again1.x", "body"), lay=1)

    assert [it.line for it in ever] == ["a.b>it|body", ""]


def test_of_edges_that_others_make_up_those_that_are_seldom_used_go(put: Put) -> None:
    seen = Seen()
    put(seen, "1|a.rates>b|rates")
    for n in range(LINES - 1):
        put(seen, f"{n}|made.up{n}>b|body")
        if n == LINES // 2:
            put(seen, "2|a.rates>b|rates")
    for n in range(2000):
        put(seen, f"{n}|a.tick>b|tick")

    assert "2|a.rates>b|rates" in seen


def test_edges_that_others_make_up_take_no_more_than_so_much_room(put: Put, store: Store) -> None:
    seen = Seen()
    for n in range(3000):
        put(seen, f"{n}|made.up{n}>b|body")

    assert len(seen) <= 300 + LINES
    assert len(list(store.seen())) <= 300 + SOME + LINES
