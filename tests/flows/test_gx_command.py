"""wattwire gx: what it makes of looks at a GX, and the whole of it over a real broker with a simulated one."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic

import pytest
from rig import Rig

from wattwire.flows.commands.gx_trial import Finding, Look, find, words
from wattwire.flows.engine.loading import load_text
from wattwire.nodes.gx_topics import FORCE, SETPOINT


def looks(*told: tuple[float, float | None, float | None]) -> list[Look]:
    return [Look(*one) for one in told]


def steady(until: int, ends: int, shown_until: int) -> list[Look]:
    """Every 5 s: the meter at 750 W until `ends`, then at 50; the override shown until `shown_until`."""
    return [
        Look(float(t), 750.0 if t <= shown_until else None, 750.0 if t <= ends else 50.0)
        for t in range(5, until + 1, 5)
    ]


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (steady(600, ends=300, shown_until=300), Finding(True, True, 300, 300)),
        (steady(600, ends=60, shown_until=600), Finding(True, True, None, 60)),  # shown, and done no more
        (steady(600, ends=600, shown_until=60), Finding(True, True, 60, None)),  # the other way round
        (steady(600, ends=600, shown_until=600), Finding(True, True, None, None)),
        (steady(600, ends=0, shown_until=600), Finding(True, False, None)),
        (steady(600, ends=0, shown_until=0), Finding(False, False, None)),
    ],
    ids=["300 s", "60 s by the meter", "60 s by the GX", "for ever", "ignored", "refused"],
)
def test_the_life_of_an_override_is_what_both_the_gx_and_the_meter_bear_out(seen: list[Look], found: Finding) -> None:
    assert find(seen, 750, 750, 50) == found


def test_a_kettle_is_no_end_of_an_override() -> None:
    seen = steady(600, ends=600, shown_until=600)
    seen[20] = Look(seen[20].at, 750.0, 50.0)
    seen[21] = Look(seen[21].at, 750.0, 2900.0)

    assert find(seen, 750, 750, 50).life is None


def test_a_meter_that_says_nothing_proves_nothing() -> None:
    assert find(looks((5, 750, None), (10, 750, None), (15, 750, None)), 750, 750, 50) == Finding(True, False, None)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Finding(True, True, 300, 300), "  victronGx: {config: {hold: overrides, proven: {v3.67: 300s}}}"),
        (Finding(True, True, None, 60), "  victronGx: {config: {hold: overrides, proven: {v3.67: 60s}}}"),
        (
            Finding(True, True, None, 10),
            "That is too short or too long to rely on. Use the slot (hold: slot, the default).",
        ),
        (Finding(True, True), "It would outlive us. Use the slot (hold: slot, the default)."),
        (
            Finding(True, False),
            "v3.67: the GX showed the override but ignored it. Use the slot (hold: slot, the default).",
        ),
        (
            Finding(False, False),
            "v3.67: the GX did not even show the override. Use the slot (hold: slot, the default).",
        ),
    ],
)
def test_the_last_word_is_what_to_put_into_the_flow(found: Finding, said: str) -> None:
    assert words(found, "v3.67", 600)[-1] == said


HOUSE = "flow: gx\nnodes: {{simGx: {{type: simGx, config: {{heartbeat: 1s, publish: 1s, soc: 50{}}}}}}}\n"
Houses = Callable[[str], Rig]


@pytest.fixture
def houses() -> Iterator[Houses]:
    made: list[Rig] = []

    def house(settings: str = "") -> Rig:
        made.append(Rig(load_text(HOUSE.format(settings))))
        made[-1].link.subscribe(["W/#"])
        made[-1].start()
        return made[-1]

    yield house
    for rig in made:
        rig.stop()


def gx(rig: Rig, *words: str) -> tuple[int, str]:
    """Its exit code and what it printed, once the rig has heard all that it said to the broker."""
    command = [sys.executable, "-m", "wattwire.flows", "gx", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            rig.until(lambda: process.poll() is not None, 60)
        finally:
            process.kill()
        told = process.communicate()[0]
    catch_up(rig)
    return process.returncode, told


def catch_up(rig: Rig) -> None:
    """Each of its own messages that comes back is a turn of the broker, in which it reads one of everybody else's."""
    for _ in range(20):
        rig.until(lambda: rig.link.publish("wattwire/mark", b"here"))
        rig.until(lambda: any(m.topic == "wattwire/mark" for m in rig.heard))
        rig.heard[:] = [m for m in rig.heard if m.topic != "wattwire/mark"]


@pytest.mark.broker
@pytest.mark.mosquitto
def test_show_tells_what_the_gx_is_and_writes_nothing(houses: Houses) -> None:
    rig = houses("")
    code, told = gx(rig, "show", rig.broker.url)

    assert code == 0
    assert "GX             c0619ab27f32, firmware v3.67, at mqtt://127.0.0.1:" in told
    assert "supply         the grid; input limit: 14490 W" in told
    assert "schedule 5     off   <- the one we use" in told
    assert "steerable      yes" in told
    assert [m.topic for m in rig.heard if m.topic.startswith("W/")] == []


@pytest.mark.broker
@pytest.mark.mosquitto
def test_a_flow_names_its_gx(houses: Houses, tmp_path: Path) -> None:
    rig, flow = houses(""), tmp_path / "home.yaml"
    flow.write_text(
        f"flow: home\nnodes: {{gx: {{type: victronGx, config: {{url: '{rig.broker.url}', slot: 2}}}}}}\n"
        "ends: [gx.house, gx.confirmed, gx.refused, gx.lost]\n"
    )
    code, told = gx(rig, "show", str(flow), "--json")
    facts = json.loads(told)

    assert code == 0
    assert (facts["portal_id"], facts["soc"], facts["reserved"], facts["why_not"]) == ("c0619ab27f32", 50.0, 2, [])


@pytest.mark.broker
@pytest.mark.mosquitto
@pytest.mark.parametrize(
    ("settings", "seconds", "last"),
    [
        (", override_life: 9s", "18", r"v3\.67: the override worked, and ended by itself after ([4-9]|1[0-2]) s\."),
        (", override_life: null", "12", r"It would outlive us\. Use the slot \(hold: slot, the default\)\."),
    ],
    ids=["9 s", "for ever"],
)
def test_probe_writes_once_watches_puts_back_and_says_what_this_firmware_does(
    houses: Houses, settings: str, seconds: str, last: str
) -> None:
    rig = houses(settings)
    code, told = gx(rig, "probe", rig.broker.url, "--for", seconds, "--yes")
    written = [(m.topic.partition("/hub4/")[2], m.payload, m.retain) for m in rig.heard if m.topic.startswith("W/")]

    assert code == 0
    assert re.search(last, told), told
    assert written == [
        ("0/Overrides/Setpoint", b'{"value":750}', False),
        ("0/Overrides/Setpoint", b'{"value":null}', False),
    ]
    assert "the override has been put back" in told


@pytest.mark.broker
@pytest.mark.mosquitto
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGHUP, signal.SIGKILL], ids=["Ctrl-C", "hung up", "killed"])
@pytest.mark.parametrize(
    ("force", "path", "none"),
    [([], SETPOINT, b'{"value":null}'), (["--force-charge"], FORCE, b'{"value":0}')],
    ids=["setpoint", "force charge"],
)
def test_however_a_probe_ends_the_override_is_put_back(
    houses: Houses, force: list[str], path: str, none: bytes, how: signal.Signals
) -> None:
    rig = houses("")
    words = [sys.executable, "-m", "wattwire.flows", "gx", "probe", rig.broker.url, "--for", "600", "--yes", *force]
    probe = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    rig.until(lambda: any(m.topic.startswith("W/") and m.topic.endswith(path) for m in rig.heard), 60)
    rig.heard.clear()
    os.kill(probe.pid, how)
    began = monotonic()
    rig.until(lambda: any(m.topic.endswith(path) and m.payload == none for m in rig.heard))
    put_back = monotonic() - began
    rig.until(lambda: probe.poll() is not None)

    assert put_back < 10


@pytest.mark.broker
@pytest.mark.mosquitto
def test_a_force_charge_that_is_ignored_is_seen_as_ignored(houses: Houses) -> None:
    rig = houses(", force_charge: false")
    _, told = gx(rig, "probe", rig.broker.url, "--for", "10", "--yes", "--force-charge")

    assert "ForceCharge on v3.67: the GX showed the override but ignored it." in told


@pytest.mark.broker
@pytest.mark.mosquitto
def test_a_gx_that_cannot_be_steered_is_not_probed(houses: Houses) -> None:
    rig = houses("")
    rig.send("simGx.fault", {"kind": "dynamicEss"})
    rig.until(lambda: "Dynamic ESS is on" in gx(rig, "show", rig.broker.url)[1])
    code, told = gx(rig, "probe", rig.broker.url, "--for", "10", "--yes")

    assert (code, [m.topic for m in rig.heard if m.topic.startswith("W/")]) == (1, [])
    assert "this GX cannot be probed now: Dynamic ESS is on and blocks schedules" in told


@pytest.mark.parametrize(
    "words", [("show", "mqtt://127.0.0.1:9"), ("probe", "mqtt://127.0.0.1:9"), ("show", "127.0.0.1:9")]
)
def test_where_nobody_answers_it_says_so(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wattwire.flows", "gx", *words], capture_output=True, text=True, timeout=30
    )

    assert done.returncode == 1
    assert "mqtt://127.0.0.1:9 cannot be reached: nobody answers there: connection refused" in done.stderr


@pytest.mark.parametrize("target", ["no_such.yaml", "no_such_flow", "./no/flow"])
def test_what_looks_like_a_flow_is_not_taken_for_a_host(target: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "wattwire.flows", "gx", "show", target], capture_output=True, text=True, timeout=30
    )

    assert done.returncode == 2
    assert f"no file {target}, and no shipped flow" in " ".join(done.stderr.split())
