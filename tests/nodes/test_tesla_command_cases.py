"""The collected cases about commands and wakes: what teslaCommand and teslaWake do in each."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wattwire.nodes import Emit, Reply, Request, Secret
from wattwire.nodes.car_messages import CarCommand, Needed
from wattwire.nodes.messages import Token
from wattwire.nodes.tesla_command import Config, ask
from wattwire.nodes.tesla_errand import follow
from wattwire.nodes.tesla_pending import Memory
from wattwire.nodes.tesla_verdicts import verdict
from wattwire.nodes.tesla_wake import Config as WakeConfig
from wattwire.nodes.tesla_wake import ask as wake
from wattwire.nodes.tesla_waking import Memory as Waking
from wattwire.nodes.tesla_waking import follow as woke

WORLD = json.loads((Path(__file__).parents[1] / "world" / "cases" / "tesla_commands.json").read_text())
CASES = {c["id"]: c for c in WORLD["cases"]}
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
TOKEN = Token(Secret("t"), NOON + timedelta(days=9))
CFG = Config(vin="LRWTEST0000000001")
DO = {"charge_start": "start", "charge_stop": "stop", "set_charge_limit": "limit"}

# What a case calls an outcome, by the port that the refusal leaves through.
WORDS = {
    "done": "ok",
    "full": "ok_no_retry",
    "unplugged": "deferred_until_plugged",
    "powerless": "deferred_until_power",
    "busy": "retry",
    "refused": "fail",
}
AGAIN = {"failed", "busy", "throttled"}  # surely not done, and worth another try
PERHAPS = {"unknown"}


def told(name: str, status: int, body: Any) -> tuple[Memory, list[Emit | Request]]:
    """A command is given and Tesla answers it."""
    wish: Any = DO[name]
    command = CarCommand(at=NOON, do=wish, value=80)
    memory, _ = ask(CFG, Memory(), command, None, None, NOON, token=TOKEN, house=None, charger=None)
    return follow(CFG, memory, Reply(status, body, at=NOON + timedelta(seconds=1)))


@pytest.mark.parametrize("id_", ["TV-35", "TV-37"])
def test_a_stop_that_the_car_has_no_need_of_is_done_and_wakes_nobody(id_: str) -> None:
    (step,) = CASES[id_]["steps"]
    seen = step["in"]
    memory, results = told(seen.get("name", "charge_stop"), seen["status"], seen["body"])

    assert [r.port for r in results if isinstance(r, Emit)] == ["done"]
    assert memory.wanted == {}


TV_41 = CASES["TV-41"]["steps"][0]["expect"]["rows"]


@pytest.mark.parametrize("prefix", ["", "car could not execute command: "])
@pytest.mark.parametrize(("name", "reason", "outcome"), TV_41)
def test_tv_41_a_refusal(name: str, reason: str, outcome: str, prefix: str) -> None:
    for each in DO if name == "*" else [name]:
        _, results = told(each, 200, {"response": {"result": False, "reason": prefix + reason}})

        assert [WORDS[r.port] for r in results if isinstance(r, Emit)] == [outcome]


TV_44 = CASES["TV-44"]["steps"][0]["expect"]["rows"]


@pytest.mark.parametrize(("status", "may_have_happened", "retry_without_reading"), TV_44)
def test_tv_44_an_answer_that_says_little(status: int, may_have_happened: bool, retry_without_reading: bool) -> None:
    port = verdict("start", Reply(status)).port

    assert (port in PERHAPS) is may_have_happened
    assert (port in AGAIN) is retry_without_reading


def test_tv_38_one_wake_call_then_cheap_questions_then_an_end() -> None:
    cfg, memory = WakeConfig(vin="LRWTEST0000000001", patience=timedelta(seconds=30)), Waking()
    need, asked, ports = Needed(at=NOON, do="start"), list[str](), list[str]()
    for step in CASES["TV-38"]["steps"]:
        now, seen = NOON + timedelta(seconds=step["t"]), step["in"]
        memory, question = wake(cfg, memory, None if asked else need, {}, now, token=TOKEN, holiday=None)
        assert isinstance(question, Request)
        asked.append(f"{question.method} {question.url.partition('/vehicles/')[2]}")
        memory, emits = woke(cfg, memory, Reply(seen["status"], seen["body"], at=now))
        assert isinstance(emits, list)
        ports += [e.port for e in emits]

    assert asked == ["POST LRWTEST0000000001/wake_up"] + 3 * ["GET LRWTEST0000000001"]
    assert ports == ["woken", "waking", "waking", "waking", "failed"]


def test_tv_39_without_a_need_nothing_wakes_the_car() -> None:
    memory, result = wake(
        WakeConfig(vin="LRWTEST0000000001"), Waking(), None, {}, NOON + timedelta(days=1), token=TOKEN, holiday=None
    )

    assert result is None
    assert memory == Waking(bearer=Secret("t"))
