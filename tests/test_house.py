"""The rules of the house as a whole: who may know whom, how long a file may be, and what no file may be called."""

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

HOUSE = Path(__file__).resolve().parent.parent
NOUNS = ("nodes", "flows", "broker")
MAY_IMPORT = {"nodes": {"nodes"}, "broker": {"broker"}, "flows": {"nodes", "flows", "broker"}}
DRAWERS = {"utils", "util", "common", "helpers", "helper", "core", "misc", "lib", "base"}
PYTHON = sorted(p for noun in NOUNS for p in (HOUSE / noun).rglob("*.py"))
PLACE = re.compile(r"(?<![\w./-])/(work|root)/")
LEFT_OUT = {
    ".hypothesis",
    ".git",
    ".venv",
    "build",
    "dist",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".pytest_cache",
}


def named(path: Path) -> str:
    return path.relative_to(HOUSE).as_posix()


FILES = pytest.mark.parametrize("path", PYTHON, ids=named)


def imported(path: Path) -> Iterator[ast.Import | ast.ImportFrom]:
    tree = ast.parse(path.read_text())
    yield from (n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom))


def ours(path: Path) -> set[str]:
    """The nouns of ours that a file imports by their full name."""
    names = [a.name for n in imported(path) if isinstance(n, ast.Import) for a in n.names]
    for n in imported(path):
        if isinstance(n, ast.ImportFrom) and not n.level:
            names += [f"{n.module}.{a.name}" if n.module == "wattwire" else n.module or "" for a in n.names]
    return {name.split(".")[1] for name in names if name.startswith("wattwire.")}


def test_every_noun_has_files() -> None:
    assert {named(p).split("/")[0] for p in PYTHON} == set(NOUNS)


@FILES
def test_imports_go_one_way(path: Path) -> None:
    noun = named(path).split("/")[0]

    assert ours(path) <= MAY_IMPORT[noun]


@FILES
def test_only_siblings_are_imported_by_a_dot(path: Path) -> None:
    assert {ast.unparse(n) for n in imported(path) if isinstance(n, ast.ImportFrom) and n.level > 1} == set()


@pytest.mark.parametrize("folder", [HOUSE / noun for noun in NOUNS] + [HOUSE / "tests"], ids=named)
def test_no_drawer_without_a_name(folder: Path) -> None:
    inside = [folder, *folder.rglob("*")]

    assert [named(p) for p in inside if p.stem.lower().strip("_") in DRAWERS] == []


@FILES
def test_a_file_is_short_enough_to_be_read(path: Path) -> None:
    text = path.read_text()
    lines, most = (
        text.count("\n"),
        60 if re.search(r"^NODE\b.*= ", text, re.MULTILINE) and path.parent.name == "nodes" else 250,
    )

    assert lines <= most


@FILES
def test_a_file_opens_by_saying_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_no_file_knows_the_place_it_was_written_in() -> None:
    knowing = [named(p) for p in shipped() if PLACE.search(p.read_text(errors="replace"))]

    assert knowing == []


def test_a_path_of_the_place_would_be_seen() -> None:
    assert PLACE.search("see " + "/wo" + "rk/shared")


def shipped() -> Iterator[Path]:
    for path in HOUSE.rglob("*"):
        parts = path.relative_to(HOUSE).parts
        hidden = LEFT_OUT & set(parts) or any(p.endswith(".egg-info") for p in parts)
        if path.is_file() and not hidden and path.stat().st_size < 1_000_000:
            yield path


def test_the_engine_has_a_map_with_every_room_on_it() -> None:
    rooms = {p.stem for p in (HOUSE / "flows" / "engine").glob("*.py")} - {"__init__"}
    _, _, told = (HOUSE / "flows" / "engine" / "__init__.py").read_text().partition("\n\n")

    assert set(re.findall(r"\w+(?=[,.])", told)) == rooms


def test_every_file_beside_the_nodes_has_one_place_on_their_map() -> None:
    told = (ast.get_docstring(ast.parse((HOUSE / "nodes" / "__init__.py").read_text())) or "").partition("\n\n")[2]
    places = re.findall(r"[a-z_]+\*?(?=[,.])", told)
    found = {p.stem: [a for a in places if fnmatch(p.stem, a)] for p in (HOUSE / "nodes").glob("*.py")}
    del found["__init__"]

    assert {name: where for name, where in found.items() if len(where) != 1} == {}
    assert set(places) == {where for (where,) in found.values()}
