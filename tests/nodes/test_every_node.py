"""The house rules that every node keeps, so that a review need not. A new node is tested by being there."""

import ast
import dataclasses
import importlib
import pkgutil
import re
import typing
from datetime import timedelta
from pathlib import Path

import pytest

import wattwire.nodes
from wattwire.nodes import CRASHED, Node, Secret

FOLDER = Path(wattwire.nodes.__file__).resolve().parent
MODULES = [importlib.import_module(f"wattwire.nodes.{m.name}") for m in pkgutil.iter_modules([str(FOLDER)])]
ALL: dict[str, Node] = {m.NODE.name: m.NODE for m in MODULES if isinstance(getattr(m, "NODE", None), Node)}
NODES = pytest.mark.parametrize("node", ALL.values(), ids=ALL)

WORLD = {"aiohttp", "asyncio", "ftplib", "http", "httpx", "importlib", "io", "logging", "multiprocessing", "os", "paho"}
WORLD |= {"pathlib", "queue", "random", "requests", "secrets", "select", "shutil", "signal", "socket", "sqlite3", "ssl"}
WORLD |= {"subprocess", "sys", "tempfile", "tenacity", "threading", "time", "urllib", "uuid", "wattwire"}
CONTRACT = {"calls", "linked", "node", "ports"}
CLOCKS = re.compile(r"\b(datetime\.(now|utcnow|today)|date\.today|uuid\d|open|print|input)\(")
OUTCOME = re.compile(r"[a-z]+(_[a-z]+)*")  # a word or two, never a number
SECRET = re.compile(r"(^|_)(key|password|token|secret)$")


def source(node: Node) -> Path:
    return FOLDER / f"{re.sub(r'(?<!^)(?=[A-Z])', '_', node.name).lower()}.py"


def text(node: Node) -> str:
    return source(node).read_text()


def test_there_are_nodes() -> None:
    assert {"clock", "inject", "mqttIn", "mqttOut", "switch", "change", "debug", "alarm"} <= ALL.keys()


@NODES
def test_lives_in_the_file_it_is_named_after(node: Node) -> None:
    assert source(node) == Path(str(node.module.__file__)).resolve()
    assert re.fullmatch(r"[a-z]+([A-Z][a-z]*)*", node.name)


@NODES
def test_opens_by_saying_what_it_does(node: Node) -> None:
    doc = ast.get_docstring(ast.parse(text(node))) or ""

    assert doc.startswith(f"{node.name}: ")
    assert node.doc.partition("\n")[0].endswith(".")


@NODES
def test_ends_with_its_declaration(node: Node) -> None:
    last = ast.parse(text(node)).body[-1]

    assert isinstance(last, ast.Assign)
    assert ast.unparse(last.targets[0]) == "NODE"


@NODES
def test_fits_on_a_page(node: Node) -> None:
    assert len(text(node).splitlines()) <= 60


@NODES
def test_does_no_input_or_output_of_its_own(node: Node) -> None:
    met = {m for m in reached(source(node)) if m.partition(".")[0] in WORLD and m != "urllib.parse"}

    assert not met


@NODES
def test_never_looks_at_a_clock(node: Node) -> None:
    assert not [line for file in family(source(node)) for line in file.read_text().splitlines() if CLOCKS.search(line)]


@NODES
def test_settings_are_frozen_and_given_by_name(node: Node) -> None:
    assert node.config.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert all(f.kw_only for f in dataclasses.fields(node.config))


@NODES
def test_what_a_setting_means_stands_beside_it_where_its_name_and_default_do_not_say(node: Node) -> None:
    told, hints = node.comments(), typing.get_type_hints(node.config)
    numeric = {
        f.name for f in dataclasses.fields(node.config) if {timedelta, float, int} & set(alternatives(hints[f.name]))
    }

    assert {name for name in numeric if not told.get(f"Config.{name}")} == set()


@NODES
def test_a_secret_setting_cannot_be_printed(node: Node) -> None:
    hints = typing.get_type_hints(node.config)

    assert {name for name, hint in hints.items() if SECRET.search(name) and Secret not in alternatives(hint)} == set()


@NODES
def test_out_ports_are_outcomes_and_in_ports_are_words(node: Node) -> None:
    assert {name for name in (*node.outs, *node.ins) if not OUTCOME.fullmatch(name)} == set()
    assert "out" not in node.outs or node.name == "inject"


@NODES
def test_its_state_is_frozen_and_starts_from_nothing(node: Node) -> None:
    if node.state is not None:
        assert node.state.__dataclass_params__.frozen  # type: ignore[attr-defined]
        assert node.state() == node.state()


@NODES
def test_no_out_port_is_a_promise_that_nothing_keeps(node: Node) -> None:
    written = "".join(f.read_text() for f in family(source(node)))

    assert {p for p in node.outs if p != CRASHED and not re.search(rf'\bOut\.{p}\b|"{p}"', written)} == set()


@NODES
def test_reading_a_reply_has_an_answer_for_every_reply(node: Node) -> None:
    if node.read is None:
        return
    there = ast.parse(Path(node.read.__code__.co_filename).read_text()).body  # its own file, or a sibling's
    [function] = [it for it in there if isinstance(it, ast.FunctionDef) and it.name == node.read.__name__]

    assert total(function.body), f"{function.name} can end without an answer"


def total(body: list[ast.stmt]) -> bool:
    """Whether every way through ends in a return or a raise."""
    match body[-1]:
        case ast.Return(value=value):
            return value is not None
        case ast.Raise():
            return True
        case ast.If(body=yes, orelse=no):
            return bool(no) and total(yes) and total(no)
        case ast.Match(cases=cases):
            last = cases[-1]
            catches = last.guard is None and isinstance(last.pattern, ast.MatchAs) and last.pattern.pattern is None
            return catches and all(total(c.body) for c in cases)
        case ast.With(body=inner):
            return total(inner)
    return False


def alternatives(hint: object) -> tuple[object, ...]:
    return typing.get_args(hint) or (hint,)


def family(file: Path) -> set[Path]:
    """A node's file and the siblings it is made of, the contract itself aside."""
    found, open_ = set[Path](), [file]
    while open_:
        one = open_.pop()
        if one not in found:
            found.add(one)
            froms = [n for n in ast.walk(ast.parse(one.read_text())) if isinstance(n, ast.ImportFrom) and n.level]
            names = {n.module for n in froms} | {a.name for n in froms if not n.module for a in n.names}
            open_ += [FOLDER / f"{n}.py" for n in names - CONTRACT if n and (FOLDER / f"{n}.py").is_file()]
    return found


def reached(file: Path) -> set[str]:
    """Every module outside this folder that a node's family imports."""
    trees = [ast.parse(f.read_text()) for f in family(file)]
    plain = {a.name for t in trees for n in ast.walk(t) if isinstance(n, ast.Import) for a in n.names}
    return plain | {n.module or "" for t in trees for n in ast.walk(t) if isinstance(n, ast.ImportFrom) and not n.level}
