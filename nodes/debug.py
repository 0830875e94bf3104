"""debug: show the last message on the node's status."""

from dataclasses import dataclass

from . import Node, Ports, Status
from .field import field
from .payload import words


@dataclass(frozen=True, kw_only=True)
class Config:
    field: str | None = None  # dotted path to the part worth showing; without it, the whole body


class Out(Ports):
    pass


def show(cfg: Config, body: object) -> Status:
    return Status(words(field(body, cfg.field)))


NODE = Node("debug", Config, Out, show)
