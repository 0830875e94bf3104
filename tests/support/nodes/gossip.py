"""gossip: trip over a token, with the token in its mouth."""

from dataclasses import dataclass

from wattwire.nodes import Emit, Node, Port, Ports, Secret
from wattwire.nodes.messages import Token


@dataclass(frozen=True, kw_only=True)
class Config:
    password: Secret


class Out(Ports):
    told: Port[object]


def tell(cfg: Config, token: Token) -> Emit:
    raise RuntimeError(f"cannot use {token.token.reveal()} with {cfg.password.reveal()}")


NODE = Node("gossip", Config, Out, tell)
