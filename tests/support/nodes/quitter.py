"""quitter: an adapter whose serve comes to an end, which none should."""

from dataclasses import dataclass

from wattwire.nodes import Node, Port, Ports
from wattwire.nodes.node import Link


@dataclass(frozen=True, kw_only=True)
class Config:
    pass


@dataclass(frozen=True)
class Word:
    word: str


class Out(Ports):
    said: Port[Word]


async def serve(cfg: Config, link: Link) -> None:
    await link.emit(Out.said(Word("bye")))


NODE = Node("quitter", Config, Out, serve=serve)
