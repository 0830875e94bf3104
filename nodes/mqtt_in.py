"""mqttIn: bring what is said on an MQTT topic into the flow."""

from collections.abc import Sequence
from dataclasses import dataclass

from . import Dial, Emit, Fault, Heard, Linked, Listen, Node, Port, Ports, Secret, Status
from .payload import read_json
from .topics import check_filter, check_url


@dataclass(frozen=True, kw_only=True)
class Config:
    topic: str  # may contain + and #
    url: str = "mqtt://flow"  # the broker; mqtt://flow is the flow's own
    user: str | None = None
    password: Secret | None = None
    json: bool = True  # the payload is JSON, and an empty one is null; false: it is text
    topics: bool = False  # hand on {topic, payload} instead of the payload alone
    retained: bool = False  # let retained messages count; they are old news, sent again at every connection

    def __post_init__(self) -> None:
        check_filter(self.topic)
        check_url(self.url)


class Out(Ports):
    message: Port[object]
    bad: Port[Fault]  # a payload that is not what it should be


def listen(cfg: Config, event: Linked | Heard) -> Sequence[Emit | Listen | Status]:
    match event:
        case Linked(up=True):
            return [Listen(cfg.topic), Status(f"listening to {cfg.topic}")]
        case Linked(why=why):
            return [Status(f"not connected: {why}" if why else "not connected", "yellow")]
        case Heard(retained=True) if not cfg.retained:
            return []
        case Heard(topic, payload):
            try:
                body = read_json(payload) if cfg.json else payload.decode()
            except ValueError as wrong:
                return [Out.bad(Fault(f"{topic}: {wrong}"))]
            return [Out.message({"topic": topic, "payload": body} if cfg.topics else body)]
    return []


def dial(cfg: Config) -> Dial:
    return Dial(url=cfg.url, user=cfg.user, password=cfg.password)


NODE = Node("mqttIn", Config, Out, listen, dial=dial)
