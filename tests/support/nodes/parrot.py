"""parrot: an adapter with a serve of its own: says again what it is told, and counts."""

import asyncio
from dataclasses import dataclass

from wattwire.nodes import Node, Port, Ports
from wattwire.nodes.node import Link


@dataclass(frozen=True, kw_only=True)
class Config:
    greeting: str = "hello"


@dataclass(frozen=True)
class Word:
    word: str


class In(Ports):
    word: Port[Word]


class Out(Ports):
    said: Port[Word]


async def serve(cfg: Config, link: Link) -> None:
    await link.emit(Out.said(Word(cfg.greeting)))
    while True:
        given = await link.receive()
        if given.body.word == "crash":
            raise RuntimeError(f"told to, with {given.body}")
        if given.body.word == "wait":
            await asyncio.create_task(link.emit(Out.said(Word("noticed"))))  # on its own behalf
            await link.emit(Out.said(Word("waiting")))
            await asyncio.Event().wait()
        await link.emit(Out.said(Word(f"{given.port}: {given.body.word}")), Out.said(Word("again")))


NODE = Node("parrot", Config, Out, serve=serve, ins=In)
