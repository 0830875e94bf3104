"""keyring: trade a key for a token."""

from dataclasses import dataclass

from wattwire.nodes import Emit, Fault, Node, Port, Ports, Secret
from wattwire.nodes.messages import Token


@dataclass(frozen=True, kw_only=True)
class Config:
    key: Secret  # from your account
    url: str = "https://keys.example/"


class Out(Ports):
    token: Port[Token]
    refused: Port[Fault]  # the key is wrong


def ask(cfg: Config, want: object) -> Emit:
    return Out.refused(Fault("not today"))


NODE = Node("keyring", Config, Out, ask)
