"""mqttOut: publish a message, or one field of it, on an MQTT topic."""

from collections.abc import Sequence
from dataclasses import dataclass

from . import Dial, Emit, Fault, Linked, Node, Port, Ports, Say, Secret, Status, volatile, without_login
from .field import field
from .topics import check_topic, check_url


@dataclass(frozen=True, kw_only=True)
class Config:
    topic: str
    url: str = "mqtt://flow"  # the broker; mqtt://flow is the flow's own
    user: str | None = None
    password: Secret | None = None
    field: str | None = None  # dotted path to the part to publish; without it, the whole body
    payload: object = None  # publish this instead, whatever came in
    json: bool = True  # false: text is published without its quotes
    retain: bool = False  # the broker keeps it for those who subscribe later

    def __post_init__(self) -> None:
        check_topic(self.topic)
        check_url(self.url)


class Out(Ports):
    sent: Port[object]  # what was published; it is sent at most once, and nothing tells who heard it
    failed: Port[Fault]  # not connected, or nothing to publish: it is not published later


@dataclass(frozen=True)
class State:
    up: bool = volatile(bool)


def say(cfg: Config, state: State, body: object, event: Linked | None) -> tuple[State, Sequence[Emit | Say | Status]]:
    if isinstance(event, Linked):
        return State(event.up), [Status("connected") if event.up else Status(event.why or "not connected", "yellow")]
    if event is not None:
        return state, []
    said = field(body, cfg.field) if cfg.payload is None else cfg.payload
    if said is None:
        return state, [Out.failed(Fault(f"{cfg.field or 'the body'} is missing: nothing to publish on {cfg.topic}"))]
    if not state.up:
        return state, [Out.failed(Fault(f"not connected to {without_login(cfg.url)}"))]
    plain = isinstance(said, str) and not cfg.json
    return state, [Say(cfg.topic, str(said).encode() if plain else said, cfg.retain), Out.sent(said)]


NODE = Node(
    "mqttOut",
    Config,
    Out,
    say,
    state=State,
    dial=lambda cfg: Dial(url=cfg.url, user=cfg.user, password=cfg.password),
    actuator=True,
)
