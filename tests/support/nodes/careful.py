"""careful: a call that must not be made twice."""

from dataclasses import dataclass

from wattwire.nodes import Emit, Fault, Node, Port, Ports, Reply, Request


@dataclass(frozen=True, kw_only=True)
class Config:
    url: str


class Out(Ports):
    done: Port[Fault]
    unsure: Port[Fault]  # nobody knows whether it was done


def ask(cfg: Config, do: object) -> Request:
    return Request(method="POST", url=cfg.url, json={"wake": True})


def read(cfg: Config, reply: Reply) -> Emit:
    return Out.unsure(reply.fault("not known")) if reply.unknown else Out.done(reply.fault("done"))


NODE = Node("careful", Config, Out, ask, read, once=True)
