"""A Tesla by Fleet Telemetry, another by TeslaMate, one cable between them: adapters on a broker, in made-up time."""

from datetime import UTC, datetime, timedelta
from functools import cache

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load_text
from wattwire.nodes import Fault, Json
from wattwire.nodes.messages import Car

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOPICS = {
    "blueLink": "telemetry/BLUE/connectivity",
    "blueState": "telemetry/BLUE/v/DetailedChargeState",
    "bluePower": "telemetry/BLUE/v/ACChargingPower",
    "redState": "teslamate/cars/2/state",
    "redPlug": "teslamate/cars/2/charging_state",
}
OUTS = "".join(  # TeslaMate says plain text, the telemetry server JSON
    f"  {n}: {{type: mqttOut, config: {{topic: {t}, url: 'mqtt://pi', json: {str('telemetry' in t).lower()}}}}}\n"
    for n, t in TOPICS.items()
)
ENDS = "".join(f"{n}.sent, {n}.failed, " for n in TOPICS)
TWO = f"""flow: two
nodes:
{OUTS}  blue: {{type: teslaTelemetry, config: {{vin: BLUE, name: Blue, url: "mqtt://pi"}}}}
  red: {{type: teslaMate, config: {{car: 2, vin: RED, name: Red, url: "mqtt://pi"}}}}
  whichCar: {{type: whichCar}}
edges:
  - {{from: blue.car, to: whichCar.car}}
  - {{from: red.car, to: whichCar.car}}
ends: [{ENDS}blue.bad, whichCar.car, whichCar.unknown]
"""


@cache
def two() -> Flow:
    return load_text(TWO, env={})


def test_the_car_that_charges_as_the_cable_does_is_found_over_the_broker() -> None:
    flow = Bench(two(), NOON)

    def say(minute: float, node: str, value: Json) -> None:
        flow.put(NOON + timedelta(minutes=minute), f"{node}.body", value)

    say(1, "redState", "online")
    say(1, "redPlug", "Stopped")
    say(1, "blueLink", {"ConnectionId": "c1", "Status": "CONNECTED", "CreatedAt": "2026-11-20T12:00:00Z"})
    say(1, "blueState", "DetailedChargeStateStopped")
    say(4, "blueState", "DetailedChargeStateCharging")
    say(4, "bluePower", 7.1)
    charger = {"at": (NOON + timedelta(minutes=4)).isoformat(), "plugged": True, "power": 7200.0}
    flow.put(NOON + timedelta(minutes=4), "whichCar.charger", charger)
    flow.run(NOON + timedelta(minutes=5))

    found = [(s.at, s.body) for s in flow.seen if isinstance(s.body, Car) and s.source == "whichCar.car"]
    assert flow.faults == []
    assert [s.body.why for s in flow.seen if isinstance(s.body, Fault) and s.source == "whichCar.unknown"]
    assert (found[-1][1].name, found[-1][1].charging, found[-1][1].power) == ("Blue", True, 7100.0)
    assert found[-1][1].seen == NOON + timedelta(minutes=4)
