"""What a node file says for itself."""

import importlib.util
import sys
from pathlib import Path

import pytest

FILE = '''"""kettle: boil water.

At most one litre.
"""

from dataclasses import dataclass

from wattwire.nodes import Node, Port, Ports
from wattwire.nodes.messages import Tick


@dataclass(frozen=True, kw_only=True)
class Config:
    litres: float = 1.0  # at most
    words: tuple[str, ...] = (
        "hot",
    )  # printed on it
    colour: str = "#fff"


class Out(Ports):
    boiled: Port[Tick]  # 100 degrees # at sea level


def boil(cfg: Config, tick: Tick) -> None: ...


NODE = Node("kettle", Config, Out, boil)
'''


def test_what_stands_beside_settings_and_ports_is_their_documentation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kettle.py"
    file.write_text(FILE)
    spec = importlib.util.spec_from_file_location("kettle", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "kettle", module)
    spec.loader.exec_module(module)

    assert module.NODE.doc == "boil water.\n\nAt most one litre."
    assert module.NODE.comments() == {
        "Config.litres": "at most",
        "Config.words": "printed on it",
        "Out.boiled": "100 degrees # at sea level",
    }
