"""Which GX a command means: the one at an address, or a flow's."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

from wattwire.flows.engine import statefolder
from wattwire.flows.engine.loading import load
from wattwire.flows.engine.outer import FLOW
from wattwire.flows.engine.reasons import FlowError
from wattwire.flows.engine.visitor import Nobody, broker_of
from wattwire.nodes import Secret
from wattwire.nodes.gx_dial import dial
from wattwire.nodes.victron_gx import Config

from .gx_line import Line

HOST = re.compile(r"(?!.*\.ya?ml$)[\w-]+(\.[\w-]+)+(:\d+)?")  # 192.168.1.20, venus.local; a flow's name has no dot


def line_to(target: str, env_file: Path | None, state: Path | None) -> tuple[Config, Line]:
    try:
        url = f"mqtt://{target}" if HOST.fullmatch(target) and not Path(target).exists() else target
        cfg, broker = _address(url) if "://" in url else _flow(target, env_file, state)
        return cfg, Line(dial(cfg), broker, cfg.portal_id)
    except (FlowError, ValueError) as wrong:
        raise click.UsageError(str(wrong)) from None
    except Nobody as wrong:
        raise click.ClickException(str(wrong)) from None


def _address(url: str) -> tuple[Config, str]:
    password = os.environ.get("GX_PASSWORD")
    plain, _, settings = url.partition("?")
    given = dict(pair.partition("=")[::2] for pair in settings.split("&") if pair)
    if unknown := given.keys() - {"ca", "insecure"}:
        raise ValueError(f"{', '.join(unknown)}: not a setting of a GX's address; the settings are ca and insecure")
    cfg = Config(url=plain, password=Secret(password) if password else None, ca=given.get("ca"),
                 insecure=given.get("insecure", "") in ("1", "true"))  # fmt: skip
    return cfg, ""


def _flow(name: str, env_file: Path | None, state: Path | None) -> tuple[Config, str]:
    flow = load(name, env_file=env_file)
    found = [node.config for node in flow.nodes.values() if isinstance(node.config, Config)]
    if len(found) != 1:
        raise ValueError(f"{flow.name} has {len(found)} victronGx nodes; give the GX's address instead")
    own = found[0].url == FLOW
    return found[0], broker_of(flow.name, (state or statefolder.default()).absolute()) if own else ""
