"""victronGx: read a Victron GX over MQTT, and steer its battery by leases that end by themselves."""

from dataclasses import dataclass
from datetime import timedelta

from . import Dial, Event, Fault, Node, Now, Port, Ports, Secret, keep
from .gx_events import happened
from .gx_lease import take
from .gx_memory import Results, State
from .gx_slot import zone
from .messages import House, Lease


@dataclass(frozen=True, kw_only=True)
class Config:
    host: str | None = None  # name or address of the GX; or set url
    url: str | None = None  # mqtt://192.168.1.20:1883, mqtts://venus.local:8883, or mqtt://flow for a simulated GX
    portal_id: str | None = None  # VRM portal id; found by itself where only one GX answers
    slot: int = 4  # charge schedule reserved for us, 0 to 4; the GX's display counts from 1
    user: str | None = None  # any name, where the GX asks for a password
    password: Secret | None = None  # the GX's security profile password
    ca: str | None = None  # path of the GX's certificate, to trust only that
    verify_hostname: bool = False  # with ca; the GX's own certificate does not name its address
    insecure: bool = False  # take any certificate
    timezone: str = "Europe/London"  # what the GX's own zone should be
    max_soc: float = 100  # % never to charge beyond
    max_lease: timedelta = timedelta(hours=1)  # longer leases are cut to this
    report: timedelta = timedelta(seconds=10)  # how often to tell the house's readings
    silent_after: timedelta = timedelta(seconds=10)  # without a heartbeat the GX is lost
    shadow: bool = False  # write nothing, say what would be written

    def __post_init__(self) -> None:
        if bool(self.host) == bool(self.url):
            raise ValueError("set either host or url")
        if not 0 <= self.slot <= 4:
            raise ValueError(f"slot is {self.slot}; a GX has 0 to 4")
        if zone(self.timezone) is None:
            raise ValueError(f"no time zone is called {self.timezone}")


class Out(Ports):
    house: Port[House] = keep()
    confirmed: Port[Lease]  # what the GX was seen to do; release when it ended
    refused: Port[Fault]  # a lease that is not in force, and why
    lost: Port[Fault]  # the GX fell silent


def dial(cfg: Config) -> Dial:
    safe = cfg.password is not None or cfg.ca is not None or cfg.insecure
    url = cfg.url or (f"mqtts://{cfg.host}:8883" if safe else f"mqtt://{cfg.host}:1883")
    check = cfg.verify_hostname or cfg.ca is None
    return Dial(url=url, user=cfg.user, password=cfg.password, ca=cfg.ca, verify_hostname=check, insecure=cfg.insecure)


def step(cfg: Config, state: State, event: Event | None, lease: Lease | None, now: Now) -> tuple[State, Results]:
    return happened(cfg, state, event, now) if event else take(cfg, state, lease, now) if lease else (state, [])


NODE = Node("victronGx", Config, Out, step, state=State, dial=dial, actuator=True)
