"""victronGx: read a Victron GX over MQTT, and steer its battery by leases that end by themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from . import Event, Fault, Node, Now, Port, Ports, Secret, keep, refines
from .gx_dial import dial, meant
from .gx_events import given, happened
from .gx_memory import Results, State
from .messages import Charger, House, Lease


@dataclass(frozen=True, kw_only=True)
class Config:
    host: str | None = None  # name or address of the GX; or set url
    url: str | None = None  # mqtt://192.168.1.20:1883, mqtts://venus.local:8883, or mqtt://flow for a simulated GX
    portal_id: str | None = None  # VRM portal id; found automatically if only one GX answers
    slot: int = 4  # charge schedule reserved for us, 0 to 4; the GX's display counts from 1
    user: str | None = None  # any name, where the GX asks for a password
    password: Secret | None = None  # the GX's security profile password
    ca: str | None = None  # path of the GX's certificate, to trust only that
    verify_hostname: bool = False  # with ca; the GX's own certificate does not name its address
    insecure: bool = False  # accept any certificate
    timezone: str = "Europe/London"  # what the GX's own zone should be
    max_soc: float = 100  # % never to charge beyond
    max_lease: timedelta = timedelta(hours=1)  # longer leases are cut to this, and to an hour in any case
    report: timedelta = timedelta(seconds=10)  # how often to publish the house's readings
    silent_after: timedelta = timedelta(seconds=10)  # after this long with no heartbeat the GX counts as lost
    keepalive: timedelta = timedelta(seconds=25)  # how often one is sent; a GX falls silent 60 s after the last
    settle: timedelta = timedelta(minutes=5)  # how long the battery is left alone after the grid comes back
    writes: int = 100  # a day, to each setting of the slot, as its flash wears; switching off is always allowed
    installation: str = ""  # a name, where two installations share a GX; else one is made up at the first start
    hold: Literal["slot", "overrides"] = "slot"  # slot: no discharge at all; overrides: feed the house, not the car
    proven: Mapping[str, timedelta] = field(default_factory=dict)  # what `wattwire gx probe` found: {v3.55: 5m}
    shadow: bool = False  # write nothing, say what would be written

    def __post_init__(self) -> None:
        meant(self)


class Out(Ports):
    house: Port[House] = keep()
    confirmed: Port[Lease]  # what the GX was seen to do; release when it ended
    refused: Port[Fault]  # a lease that is not in force, and why
    armed: Port[Fault] = refines("refused")  # our schedule is on when it should not be, or somebody else's is
    worn: Port[Fault] = refines("refused")  # a setting has had 80 % of the writes it may get in a day
    lost: Port[Fault]  # the GX fell silent
    denied: Port[Fault] = refines("lost")  # the GX refuses the user or the password


# `rearm` goes on after somebody changed our schedule; `charger` is for a car's charger that the GX does not see
def step(cfg: Config, state: State, event: Event | None, lease: Lease | None, rearm: object | None, now: Now, *,
         charger: Charger | None) -> tuple[State, Results]:  # fmt: skip
    return happened(cfg, state, event, charger, now) if event else given(cfg, state, lease, charger, now)


NODE = Node("victronGx", Config, Out, step, state=State, dial=dial, actuator=True)
