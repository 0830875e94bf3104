"""The shipped flow on the bench, and an Octopus, a Tesla and a GX that answer as a test wants it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load_text
from wattwire.nodes import Fault, Json, Reply, Request

START = datetime(2026, 11, 20, 12, 0, 10, tzinfo=UTC)
ENV = {
    "OCTOPUS_API_KEY": "sk_live_1",
    "OCTOPUS_ACCOUNT": "A-1",
    "OCTOPUS_PRODUCT": "INTELLI-1",
    "OCTOPUS_TARIFF": "E-1R-INTELLI-1-A",
    "TESLA_CLIENT_ID": "client",
    "TESLA_REFRESH_TOKEN": "r0",
    "TESLA_VIN": "VIN1",
    "GX_HOST": "gx",
}
COARSE = """flow: house
include: intelligent_octopus
nodes:
  simGx:     {type: simGx, config: {url: "mqtt://gx:1883", heartbeat: 20s, publish: 20s}}
  victronGx: {config: {report: 20s, silent_after: 100s}}
"""
ASLEEP = Reply(200, {"response": {"state": "asleep"}})
Answer = Callable[[Request, datetime], Reply]


@cache
def house(text: str = COARSE) -> Flow:
    return load_text(text, env=ENV)


def data(**found: Json) -> Reply:
    return Reply(200, {"data": found})


def token(request: Request, now: datetime) -> Reply:
    exp = int((now + timedelta(hours=1)).timestamp())
    return data(obtainKrakenToken={"token": f"k{now:%H%M%S}", "payload": {"exp": exp}})


def account(request: Request, now: datetime) -> Reply:
    agreed: Json = {"tariff_code": "E-1R-INTELLI-1-A", "valid_from": "2025-04-01T00:00:00+01:00", "valid_to": None}
    return Reply(200, {"properties": [{"electricity_meter_points": [{"is_export": False, "agreements": [agreed]}]}]})


def devices(request: Request, now: datetime) -> Reply:
    return data(devices=[{"id": "car-1", "__typename": "SmartFlexVehicle", "status": {"current": "LIVE"}}])


def plan(*spans: str, state: str = "SMART_CONTROL_CAPABLE", power: float = 0) -> Answer:
    """A plan of dispatches such as 13:10-13:40, for a car that is in a state and draws so many kW."""
    pairs = [span.split("-") for span in spans]
    slots: Json = [{"start": f"2026-11-20T{a}:00Z", "end": f"2026-11-20T{b}:00Z", "type": "SMART"} for a, b in pairs]

    def answer(request: Request, now: datetime) -> Reply:
        drawn: Json = {"value": power, "timestamp": now.isoformat()}
        status: Json = {"currentState": state, "isSuspended": False, "activePower": drawn}
        return data(flexPlannedDispatches=slots, devices=[{"id": "car-1", "status": status}])

    return answer


def prices(request: Request, now: datetime) -> Reply:
    spans: list[Json] = [
        {"value_inc_vat": 28.0, "valid_from": "2026-11-20T05:30:00Z", "valid_to": "2026-11-20T23:30:00Z"},
        {"value_inc_vat": 7.0, "valid_from": "2026-11-20T23:30:00Z", "valid_to": "2026-11-21T05:30:00Z"},
    ]
    return Reply(200, {"results": spans, "next": None})


def sign_in(request: Request, now: datetime) -> Reply:
    return Reply(200, {"access_token": f"t{now:%H%M%S}", "refresh_token": f"r{now:%H%M%S}", "expires_in": 28800})


def car(charging: str, request: Request, now: datetime) -> Reply:
    charge: Json = {"charging_state": charging, "battery_level": 60, "timestamp": int(now.timestamp() * 1000)}
    return Reply(200, {"response": {"state": "online", **({"charge_state": charge} if "_data" in request.url else {})}})


USUAL: dict[str, Answer] = {
    "krakenToken": token,
    "krakenDevice": devices,
    "dispatchFetcher": plan(),
    "completedFetcher": lambda request, now: data(completedDispatches=[]),
    "krakenAccount": account,
    "rateFetcher": prices,
    "teslaToken": sign_in,
    "teslaState": lambda request, now: ASLEEP,
}


def bench(start: datetime = START, **answers: Answer) -> Bench:
    world = USUAL | answers
    return Bench(house(), start, world=lambda node, request, now: world[node](request, now))


def run(minutes: float, start: datetime = START, **answers: Answer) -> Bench:
    return bench(start, **answers).run(start + timedelta(minutes=minutes))


def asked(bench: Bench, node: str) -> list[str]:
    return [f"{s.at:%H:%M:%S}" for s in bench.requests(node)]


def said(bench: Bench) -> list[str]:
    return [
        f"{s.at:%H:%M:%S} {s.body.why}" for s in bench.seen if s.source == "alarm.said" and isinstance(s.body, Fault)
    ]


def bad(reply: Reply, until: timedelta = timedelta(days=1), since: timedelta = timedelta()) -> Answer:
    """The plan fails like this for a while, and is there else."""
    return lambda request, now: reply if since <= now - START < until else plan()(request, now)
