"""probe: ask a page how it is. Some of its outcomes are finer than others, and some of its calls cost."""

from dataclasses import dataclass
from datetime import timedelta

from wattwire.nodes import Budget, Emit, Fault, Node, Port, Ports, Reply, Request, refines
from wattwire.nodes.messages import Tick


@dataclass(frozen=True, kw_only=True)
class Config:
    url: str = "http://page.example/"
    most: float = 3
    per: timedelta = timedelta(minutes=1)
    budget: str = "page"


class Out(Ports):
    fine: Port[Tick]
    failed: Port[Fault]
    gone: Port[Fault] = refines("failed")  # there is no such page
    closed: Port[Fault] = refines("failed")


def ask(cfg: Config, poll: object) -> Request:
    return Request(method="GET", url=cfg.url, budgets=(Budget(name=cfg.budget, most=cfg.most, per=cfg.per),))


def read(cfg: Config, reply: Reply) -> Emit | list[Emit]:
    match reply.status:
        case 200:
            return Out.fine(Tick(reply.at))
        case 404:
            return Out.gone(reply.fault())
        case 410:
            return [Out.gone(reply.fault("gone")), Out.closed(reply.fault("closed"))]
        case _:
            return Out.failed(reply.fault())


NODE = Node("probe", Config, Out, ask, read)
