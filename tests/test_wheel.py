"""What a wheel would hold by pyproject.toml, without building one."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOLD = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]


def held() -> set[Path]:
    data, found = TOLD["package-data"], set[Path]()
    for package in TOLD["packages"]:
        folder = ROOT / TOLD["package-dir"][package]
        for pattern in ["*.py", *data["*"], *data.get(package, [])]:
            found |= set(folder.glob(pattern))
    return found


@pytest.mark.parametrize("noun", ["nodes", "flows", "broker"])
def test_it_holds_every_file_of_ours(noun: str) -> None:
    ours = {f for f in (ROOT / noun).rglob("*") if f.is_file() and f.suffix != ".pyc" and f.parent.name != "cases"}

    assert ours - held() == set()
    assert ours & held()
