"""krakenTarget, krakenSuspend and krakenResume: what is asked of Octopus, and what comes of it."""

from datetime import UTC, datetime

import pytest

from wattwire.nodes import Emit, Fault, Node, Reply, Request, Secret, kraken_resume, kraken_suspend, kraken_target
from wattwire.nodes.kraken_wishes import PREFER, STEER, Done, Target
from wattwire.nodes.messages import Device, Token

NOW = datetime(2026, 10, 1, 22, 0, tzinfo=UTC)
TOKEN, CAR = Token(Secret("t"), NOW), Device(at=NOW, id="d")
URL = "https://api.octopus.energy/v1/graphql/"
CFG = kraken_target.Config(percent=80, ready_by="07:30")
STEERING = pytest.mark.parametrize("node", [kraken_suspend.NODE, kraken_resume.NODE], ids=["suspend", "resume"])
ALL = pytest.mark.parametrize("node", [kraken_suspend.NODE, kraken_resume.NODE, kraken_target.NODE])


def read(node: Node, reply: Reply) -> Emit:
    assert node.read is not None
    sent = node.read(node.config(), reply)
    assert isinstance(sent, Emit)
    return sent


def test_a_target_is_set_for_all_seven_days() -> None:
    days = ["MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY"]
    schedules = [{"dayOfWeek": day, "time": "07:30", "max": "80"} for day in days]
    wish = {"deviceId": "d", "mode": "CHARGE", "unit": "PERCENTAGE", "schedules": schedules}

    assert kraken_target.ask(CFG, None, None, token=TOKEN, device=CAR) == Request(
        method="POST", url=URL, json={"query": PREFER, "variables": {"wish": wish}}, authorization=Secret("t")
    )


@pytest.mark.parametrize(
    ("target", "asked"),
    [
        (Target(), ("07:30", "80")),
        (Target(percent=90), ("07:30", "90")),  # the time is kept
        (Target(ready_by="23:00"), ("23:00", "80")),
        (Target(percent=5, ready_by="00:00"), ("00:00", "5")),
        (Target(percent=100), ("07:30", "100")),
    ],
)
def test_a_message_says_what_differs_from_the_settings(target: Target, asked: tuple[str, str]) -> None:
    request = kraken_target.ask(CFG, None, target, token=TOKEN, device=CAR)

    assert isinstance(request, Request)
    assert f"'time': '{asked[0]}', 'max': '{asked[1]}'" in repr(request.json)


@pytest.mark.parametrize(
    "target",
    [
        *(Target(percent=p) for p in (0, 4, 81, 105, -5)),
        *(Target(ready_by=t) for t in ("07:15", "24:00", "7:30", "07:30:00", "", "0730")),
        Target(percent=85, ready_by="07:15"),  # one wrong part refuses the whole change
    ],
)
def test_what_octopus_would_not_take_is_not_sent(target: Target) -> None:
    sent = kraken_target.ask(CFG, None, target, token=TOKEN, device=CAR)

    assert isinstance(sent, Emit)
    assert sent.port == "failed"


@pytest.mark.parametrize("ready_by", ["00:00", "04:00", "11:30", "19:30", "23:30"])
def test_any_half_hour_of_the_day_will_do(ready_by: str) -> None:
    assert isinstance(
        kraken_target.ask(CFG, None, Target(ready_by=ready_by), token=TOKEN, device=CAR),
        Request,
    )


def test_settings_that_octopus_would_not_take_are_refused_at_load() -> None:
    with pytest.raises(ValueError, match="81 % is not a step of 5"):
        kraken_target.Config(percent=81)


def test_suspending_and_resuming_are_the_two_actions_of_one_question() -> None:
    suspend = kraken_suspend.ask(kraken_suspend.Config(), None, token=TOKEN, device=CAR)
    resume = kraken_resume.ask(kraken_resume.Config(), None, token=TOKEN, device=CAR)

    assert isinstance(suspend, Request)
    assert isinstance(resume, Request)
    assert suspend.json == {"query": STEER, "variables": {"wish": {"deviceId": "d", "action": "SUSPEND"}}}
    assert resume.json == {"query": STEER, "variables": {"wish": {"deviceId": "d", "action": "UNSUSPEND"}}}


@STEERING
def test_octopus_took_it(node: Node) -> None:
    reply = Reply(200, {"data": {"updateDeviceSmartControl": {"id": "d"}}}, at=NOW)

    assert read(node, reply) == Emit("done", Done(at=NOW, device="d", wish=node.name.removeprefix("kraken").lower()))


def test_octopus_took_the_target() -> None:
    reply = Reply(200, {"data": {"setDevicePreferences": {"id": "d"}}}, at=NOW)

    assert read(kraken_target.NODE, reply) == Emit("done", Done(at=NOW, device="d", wish="target"))


@ALL
def test_every_other_answer_has_a_port(node: Node) -> None:
    def port(code: str) -> str:
        return read(node, Reply(200, {"errors": [{"message": "m", "extensions": {"errorCode": code}}]})).port

    assert port("KT-CT-1124") == "unauthorised"
    assert port("KT-CT-1199") == "throttled"
    assert port("KT-CT-4358") == port("KT-CT-4353") == "failed"
    assert read(node, Reply(0)).port == read(node, Reply(403, text="<html>")).port == "failed"
    assert read(node, Reply(200, {"data": {}})).port == "failed"


@ALL
def test_without_a_token_or_a_device_nobody_is_asked(node: Node) -> None:
    assert node.run is not None
    nudge = dict.fromkeys(name for name, port in node.ins.items() if port.triggers)

    assert node.run(node.config(), **nudge, token=None, device=CAR) == Emit("unauthorised", Fault("no token yet"))
    assert node.run(node.config(), **nudge, token=TOKEN, device=None) == Emit("failed", Fault("no device yet"))


@ALL
def test_a_shadow_run_mutes_it(node: Node) -> None:
    assert node.actuator
