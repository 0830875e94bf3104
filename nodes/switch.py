"""switch: send a message one way or the other, by what one of its fields says."""

from dataclasses import dataclass

from . import Emit, Node, Port, Ports
from .field import field, number

Word = str | int | float | bool


@dataclass(frozen=True, kw_only=True)
class Config:
    field: str | None = None  # dotted path into the body, such as next.house; without it, the whole body
    equals: Word | None = None  # yes if the field is just this; give one of these four, or none if it is true or false
    among: tuple[Word, ...] = ()  # yes if it is one of these
    above: float | None = None  # yes if it is a number above this one
    below: float | None = None  # yes if it is a number below this one

    def __post_init__(self) -> None:
        given = [self.equals is not None, bool(self.among), self.above is not None, self.below is not None]
        if sum(given) > 1:
            raise ValueError("give one of equals, among, above and below")


class Out(Ports):
    yes: Port[object]
    no: Port[object]
    unknown: Port[object]  # there is no such field, it is null, or it cannot be compared


def switch(cfg: Config, body: object) -> Emit:
    match _answer(cfg, field(body, cfg.field)):
        case True:
            return Out.yes(body)
        case False:
            return Out.no(body)
        case _:
            return Out.unknown(body)


def _answer(cfg: Config, value: object) -> bool | None:
    if value is None:
        return None
    if cfg.above is not None or cfg.below is not None:
        if (amount := number(value)) is None:
            return None
        return amount > cfg.above if cfg.above is not None else cfg.below is not None and amount < cfg.below
    words = cfg.among if cfg.equals is None else (cfg.equals,)
    if words:
        return any(value == word and isinstance(value, bool) == isinstance(word, bool) for word in words)
    return value if isinstance(value, bool) else None


NODE = Node("switch", Config, Out, switch)
