"""What earlier releases left behind, killed in the middle of a lease, is taken up by this one, and nothing is lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fast_clock import COMPILER, FastClock, living_by
from kept_state import Kept, read, snapshot, unpacked
from upgraded import LATER, PERSON, House

from wattwire.flows.engine.ledger import standing
from wattwire.flows.engine.logbook import Logbook

KEPT = {path.stem: read(path) for path in sorted(Path(__file__).parent.glob("*.json"))}
SPEED = 20
SPENT = {"octopus": 3.0, "octopus plan": 1.0, "octopus prices": 2.0, "tesla data": 2.0, "tesla spend": 0.0031}

real = [
    pytest.mark.broker,
    pytest.mark.mosquitto,
    pytest.mark.skipif(not COMPILER, reason="there is no C compiler, by which the clock is set to that evening"),
]


@dataclass(frozen=True)
class Evening:
    """The rest of it, lived by this release from half a minute after the death on."""

    kept: Kept
    house: House
    clock: FastClock


@pytest.fixture(scope="module", params=[pytest.param(it, id=name) for name, it in KEPT.items()])
def evening(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    kept, folder = request.param, tmp_path_factory.mktemp("upgrade")
    unpacked(kept.files, folder / "house" / "state")
    clock = FastClock(SPEED, folder, at=kept.died + timedelta(seconds=30))
    with living_by(clock.environment()):
        house = House(folder / "house", LATER)
    try:
        house.ready()
        house.until(lambda: clock.lived > 11 * 60, 80)
        house.look()
        yield Evening(kept, house, clock)
    finally:
        house.close()


def waiting(kept: Kept, edge: str) -> dict[str, Any]:
    """What an edge held, by the journal."""
    text = next(line for line in kept.files["kept/edges.db"] if "'snapshot'" in line)
    found = re.search(r"VALUES\('snapshot','(.*)'\);$", text)
    assert found
    held = json.loads(found[1].replace("''", "'"))["edges"][edge]
    assert isinstance(held, dict)
    return held


def test_two_releases_are_kept() -> None:
    assert {"4ef6068", "b0860aa"} <= set(KEPT)


class TestAnEvening:
    """One start of this release for each of the earlier ones."""

    pytestmark = real

    def test_a_message_that_waited_is_handed_over_once(self, evening: Evening) -> None:
        held = json.loads(waiting(evening.kept, "delicate.passed>later.body")["message"])
        came = [json.loads(m.payload) for m in evening.house.messages if m.topic == "wattwire/kept/later/in/body"]

        assert [it["root"] for it in came].count(held["root"]) == 1

    def test_the_schedule_on_the_gx_is_again_as_its_owner_left_it(self, evening: Evening) -> None:
        assert evening.house.schedule() == PERSON

    def test_the_originals_were_written_once_and_never_what_we_had_put_there(self, evening: Evening) -> None:
        ours = snapshot(evening.house.state / "kept" / "victronGx.db")

        assert ours["portal"] == "c0619ab27f32"
        assert ours["originals"] in ({}, {**PERSON, "AllowDischarge": 0.0})

    def test_nobody_asked_for_a_token_that_was_there(self, evening: Evening) -> None:
        assert evening.house.sent("dispatchFetcher.plan") != []
        assert [it for it in evening.house.sent("krakenToken.token") if it["at"] > evening.kept.at] == []
        assert [it for it in evening.house.sent("teslaToken.token") if it["at"] > evening.kept.at] == []

    def test_what_was_set_aside_is_there_and_is_handed_in_again(self, evening: Evening) -> None:
        assert evening.house.heard["delicate/$aside"]["count"] == 1

        evening.house.ask("again", node="delicate", number=None)
        evening.house.came("delicate.passed")
        assert evening.house.bodies("delicate.passed") == ["poison"]

    def test_no_file_was_put_out_of_the_way_and_nothing_could_not_be_read(self, evening: Evening) -> None:
        files = [path.name for path in evening.house.state.rglob("*")]

        assert [name for name in files if "damaged" in name or "unreadable" in name] == []
        said = [line for line in evening.house.lines if "cannot be read" in line or "damaged" in line]
        assert [line for line in said if "error: sim" not in line] == []  # a simulator is no house

    def test_every_node_is_ready(self, evening: Evening) -> None:
        states = {t.split("/")[0]: s["state"] for t, s in evening.house.heard.items() if t.endswith("/$status") and s}

        assert {state for state in states.values()} <= {"ready", "waiting"}
        assert len(states) >= 34

    def test_what_the_earlier_release_had_and_this_one_has_not_is_cleared(self, evening: Evening) -> None:
        gone = {t.split("/")[0] for t, s in evening.house.heard.items() if t.endswith("/$status") and not s}
        nodes = {path.split("/")[1].split(".")[0] for path in evening.kept.files if path.endswith(".epoch")}

        assert gone == {node for node in nodes if node in ("krakenTarget", "krakenSuspend", "krakenResume", "again")}

    def test_the_log_goes_on(self, evening: Evening) -> None:
        told = list(Logbook(evening.house.state / "kept").entries())
        before = [it for it in told if it.at < evening.kept.died]

        assert len(before) == len(evening.kept.files.get("kept/log.jsonl", []))
        assert len(told) > len(before)


def test_what_was_spent_of_a_budget_stays_spent(tmp_path: Path) -> None:
    kept = KEPT["b0860aa"]
    unpacked(kept.files, tmp_path)
    accounts, months = standing(tmp_path / "budgets.db", kept.died)

    assert {re.sub(" [0-9a-f]{6}$", "", it.name): round(it.used, 4) for it in accounts if it.used} == SPENT
    assert {re.sub(" [0-9a-f]{6}$", "", name) for _, name, _ in months} == set(SPENT)
