"""The topics are the public API: whoever speaks MQTT sees every message, and hands one in as a bare body."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from paho.mqtt.client import Client, MQTTMessage, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion
from watched import Watched

from wattwire.broker.envelope import begin

pytestmark = pytest.mark.broker

needs_clients = pytest.mark.skipif(not shutil.which("mosquitto_sub"), reason="mosquitto-clients are not installed")
KINDS = [pytest.param("mosquitto", marks=pytest.mark.mosquitto), "embedded"]

FLOW = """
flow: open
nodes:
  first: {type: switch, config: {field: n, above: 0}}
  last:  {type: ledger}
edges:
  - {from: first.yes, to: last.body, after: 50ms}
ends: [first.no, first.unknown, last.total]
"""
MESSAGES = {
    "wattwire/open/first/in/body",
    "wattwire/open/first/yes",
    "wattwire/open/$waiting/first.yes>last.body",
    "wattwire/open/last/in/body",
    "wattwire/open/last/total",
}


@pytest.fixture(scope="module", params=KINDS)
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watched]:
    with closing(Watched(tmp_path_factory.mktemp("open"), FLOW, "--prefer", request.param)) as made:
        yield made.early().ready()


@needs_clients
def test_mosquitto_sub_sees_every_message_and_mosquitto_pub_hands_in_a_bare_body(run: Watched) -> None:
    url = run.note["url"]
    sub = subprocess.Popen(
        ["mosquitto_sub", "-L", f"{url}/wattwire/#", "-v", "-W", "30"], stdout=subprocess.PIPE, text=True
    )
    seen = set[str]()

    def until(topic: str) -> None:
        for line in sub.stdout or ():
            seen.add(line.split(" ")[0])
            if topic in seen:
                return
        pytest.fail(f"{topic} did not come in 30 s")

    try:
        until("wattwire/open/last/$status")  # it is retained: now we listen
        subprocess.run(["mosquitto_pub", "-L", f"{url}/wattwire/open/first/in/body", "-m", '{"n": 1}'], check=True)
        until("wattwire/open/last/total")
    finally:
        sub.kill()
        sub.communicate()

    assert seen >= {*MESSAGES, "wattwire/open/$flow"}


def test_a_stock_client_of_mqtt_3_1_1_does_both(run: Watched) -> None:
    heard: queue.Queue[MQTTMessage] = queue.Queue()
    client = Client(CallbackAPIVersion.VERSION2, protocol=MQTTv311)
    client.on_message = lambda _client, _data, message: heard.put(message)
    where = urlsplit(run.note["url"])
    client.connect(str(where.hostname), int(where.port or 0))
    client.subscribe("wattwire/open/#", 1)
    client.loop_start()
    found: dict[str, MQTTMessage] = {}

    def until(topic: str) -> None:
        while topic not in found:
            message = heard.get(timeout=40)
            found[message.topic] = message

    try:
        until("wattwire/open/last/$status")
        found.clear()
        client.publish("wattwire/open/first/in/body", b'{"n": 2}', 1)
        until("wattwire/open/last/total")
    finally:
        client.disconnect()
        client.loop_stop()

    assert set(found) >= MESSAGES
    assert json.loads(found["wattwire/open/first/yes"].payload)["body"] == {"n": 2}
    assert json.loads(found["wattwire/open/first/yes"].payload)["from"] == "first.yes"


def test_an_envelope_goes_in_as_well_and_the_same_one_twice_counts_once(run: Watched) -> None:
    twice, after = (begin("elsewhere.out", {"n": n}, datetime.now(UTC), str(n)) for n in (77, 78))
    for envelope in (twice, twice, after):
        run.raw("last/in/body", envelope.dumps())
    run.until(lambda: any(it["cause"] == after.id for it in run.sent("last.total")))

    assert [it["body"]["twice"] for it in run.sent("last.total") if it["cause"] in (twice.id, after.id)] == [0, 0]
