"""heatPump: let a heat pump heat water or the house ahead while power is cheap, by SG-Ready or any MQTT switch."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from . import Dial, Due, Kept, Linked, Node, Now, Port, Ports, Secret, Started, Stopping, keep
from .heat_switch import Heating, Results, State, Switch, due, released, settled, wish
from .messages import Rate, Tick
from .topics import check_url


@dataclass(frozen=True, kw_only=True)
class Config:
    switch: Switch  # SG-Ready's second contact, or anything that heats; it is sent ON and OFF unless set otherwise
    first: Switch | None = None  # SG-Ready's first contact: with both on, the pump is forced, not just encouraged
    trust: Literal["window", "offered", "started", "confirmed"] = "offered"  # how far a dispatch must have come
    below: float | None = None  # pence per kWh; cheaper half hours count on any tariff
    run: timedelta = timedelta(minutes=20)  # once on, it stays on at least this long
    rest: timedelta = timedelta(minutes=20)  # once off, it stays off at least this long
    most: timedelta = timedelta(hours=4)  # the longest it stays on at a stretch
    again: timedelta = timedelta(minutes=5)  # how often the switch is told again, as it may not have heard
    url: str = "mqtt://flow"  # the switch's broker; mqtt://flow is the flow's own, on this machine alone
    user: str | None = None
    password: Secret | None = None
    shadow: bool = False  # say nothing to the switch

    def __post_init__(self) -> None:
        check_url(self.url)
        if self.run > self.most:
            raise ValueError("run is longer than most")
        if self.again <= timedelta():
            raise ValueError("again: write how often the switch is told again, such as 5m")


class Out(Ports):
    state: Port[Heating] = keep()  # at each change


def steer(
    cfg: Config, state: State, tick: Tick | None, rate: Kept[Rate] | None,
    event: Started | Linked | Due | Stopping | None, now: Now,
) -> tuple[State, Results]:  # fmt: skip
    if isinstance(event, Stopping):
        state, heating, results = released(cfg, state, now)
    elif isinstance(event, Linked | Started):
        state, heating, results = due(cfg, state, event, now)
    else:
        state, heating, results = settled(cfg, state, wish(cfg, rate, now), now)
    return state, [*results, *([Out.state(heating)] if heating else [])]


def dial(cfg: Config) -> Dial:
    return Dial(url=cfg.url, user=cfg.user, password=cfg.password)


NODE = Node("heatPump", Config, Out, steer, state=State, dial=dial, actuator=True)
