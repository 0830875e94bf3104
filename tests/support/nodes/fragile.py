"""fragile: pass a body on, and break at the ones it is told to."""

from dataclasses import dataclass

from wattwire.nodes import Emit, Node, Port, Ports


@dataclass(frozen=True, kw_only=True)
class Config:
    breaks_at: int = -1


class Out(Ports):
    passed: Port[object]


def carry(cfg: Config, body: object) -> Emit:
    if isinstance(body, dict) and body.get("n") == cfg.breaks_at:
        raise RuntimeError(f"token sk_live_secret in {body}")
    return Out.passed(body)


NODE = Node("fragile", Config, Out, carry)
