"""What a car says by Fleet Telemetry, field by field, and when it is connected. No field carries a time of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from . import Heard, replace, volatile
from .car_known import Known, doing, left
from .field import amount, figure
from .messages import Car
from .payload import read_json
from .tesla_place import Place
from .tesla_readings import PLUGGED

CLOSED = 8  # connections whose end is remembered: their events come late, twice and out of order


@dataclass(frozen=True)
class Memory:
    known: Known = field(default_factory=Known)
    car: Car | None = volatile(lambda: None)  # as known now
    link: str = ""  # the connection that is up
    link_at: str = ""  # when it was made, as the server says
    closed: tuple[str, ...] = ()
    drawn: Mapping[str, float] = field(default_factory=dict)  # W of AC and of DC, as told since a charge ended

    def deaf(self) -> Memory:
        """Who does not listen misses the end of a connection."""
        return replace(self, link="")


def connected(memory: Memory, car: Car, told: object, retained: bool) -> tuple[Memory, Car]:
    """An end belongs to the connection it names. What comes late, twice or of an older one says nothing of the car."""
    match told:
        case {"ConnectionId": str(link), "Status": str(status), **more} if link not in memory.closed:
            made = str(more.get("CreatedAt", ""))
        case _:
            return memory, car
    if status == "CONNECTED" and made >= memory.link_at and not retained:  # else it may have ended long ago
        return replace(memory, link=link, link_at=made), replace(car, state="online")
    if status == "DISCONNECTED":
        over = link == memory.link if memory.link else made >= memory.link_at
        memory = replace(memory, link="" if over else memory.link, closed=(*memory.closed, link)[-CLOSED:])
        return memory, left(car, "offline") if over else car
    return memory, car


def plain(value: object) -> object:
    """A value without the wrapper that some servers leave around it; numbers and truth may come as text."""
    if isinstance(value, Mapping) and len(value) == 1:
        return None if "invalid" in value else plain(next(iter(value.values())))
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


USED = {"DetailedChargeState", "Soc", "BatteryLevel", "ChargeLimitSoc", "ACChargingPower", "DCChargingPower"}
USED |= {"FastChargerPresent", "LocatedAtHome", "Location"}


def taken(memory: Memory, car: Car, name: str, given: object, home: Place | None) -> tuple[Memory, Car]:
    """The car with one field more. A null only says that the value is not valid now, as before it falls asleep."""
    value = plain(given)
    match name, value:
        case "DetailedChargeState", str(word):
            word = word.removeprefix("DetailedChargeState")
            car = doing(car, PLUGGED.get(word), word in ("Starting", "Charging"))
            drawn = {} if car.charging is False else memory.drawn
            return replace(memory, drawn=drawn), replace(car, power=_power(car, drawn))
        case "FastChargerPresent", bool(fast):
            return memory, replace(car, fast=fast)
        case "LocatedAtHome", bool(there) if home is None:
            return memory, replace(car, home=there)
        case "Location", {"latitude": float() | int() as lat, "longitude": float() | int() as lon} if home:
            return memory, replace(car, home=home.holds((lat, lon)))
    if (number := amount(value)) is None:
        return memory, car
    match name:
        case "Soc" | "BatteryLevel":
            usable = name == "Soc"  # as the car shows it
            known, car = memory.known.with_level(car, None if usable else number, number if usable else None)
            return replace(memory, known=known), car
        case "ChargeLimitSoc":
            return memory, replace(car, limit=number)
        case "ACChargingPower" | "DCChargingPower" if (watts := figure(number * 1000)) is not None:
            drawn = {**memory.drawn, name: watts}
            return replace(memory, drawn=drawn), replace(car, power=_power(car, drawn))
    return memory, car


def _power(car: Car, drawn: Mapping[str, float]) -> float | None:
    """The larger of the two. Where nobody told of AC, that no DC is drawn says nothing."""
    if car.charging is False:
        return 0.0
    known = "ACChargingPower" in drawn or any(drawn.values())
    return max(0.0, *drawn.values()) if known else car.power


def heard(memory: Memory, car: Car, said: Heard, topic: str, home: Place | None, now: datetime) -> tuple[Memory, Car]:
    """`topic` is what follows the car's. A retained field is of a time that nobody knows. A ValueError is no JSON."""
    match topic.split("/"):
        case ["connectivity"]:
            return connected(memory, car, read_json(said.payload), said.retained)
        case ["v", name] if name in USED:
            memory, car = taken(memory, car, name, read_json(said.payload), home)
        case ["v", _]:
            pass  # not used, yet a sign of life
        case _:
            return memory, car
    # Only a car that is awake says anything; what it does not repeat has not changed.
    return memory, car if said.retained else replace(car, state="online", seen=now)
