"""YAML by the rules of 1.2, every value with its place: `12:30` and `NO` are text, and a key given twice is refused."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, TypeAlias

import yaml

from .durations import shown
from .reasons import FlowError, Mark, Reason

LARGEST = 100_000
"""Values in one file, with what anchors repeat: nobody writes more, but an anchor of anchors does."""

LONGEST = 4_000_000  # bytes of a file
DEEPEST = 60  # values inside values; libyaml's own way down overflows the stack, and Python's has an end
DIGITS = 300  # of a number: what is longer no float holds

TAG = "tag:yaml.org,2002:"
Resolvers: TypeAlias = "dict[str | None, list[tuple[str, re.Pattern[str]]]]"
_Fast: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Core(_Fast):  # type: ignore[misc]
    """The core schema of YAML 1.2; PyYAML's own reads 1.1."""

    yaml_implicit_resolvers: ClassVar[Resolvers] = {}


class Pure(yaml.SafeLoader):  # the same without libyaml
    yaml_implicit_resolvers: ClassVar[Resolvers] = {}  # type: ignore[misc]


for _loader in (Core, Pure):
    for _kind, _pattern, _first in (
        ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
        ("bool", r"true|True|TRUE|false|False|FALSE", list("tTfF")),
        ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", list("-+0123456789")),
        (
            "float",
            r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
            list("-+.0123456789"),
        ),
    ):
        _loader.add_implicit_resolver(f"{TAG}{_kind}", re.compile(rf"^(?:{_pattern})$"), _first)


@dataclass(frozen=True)
class Read:
    """A value, where it stands, and for a mapping where its keys stand."""

    value: Any  # None, bool, int, float, str, list[Read] or dict[str, Read]
    at: Mark
    keys: Mapping[str, Mark] = field(default_factory=dict)
    over: bool = False  # put over a setting of an included flow

    @property
    def plain(self) -> Any:
        if isinstance(self.value, dict):
            return {k: v.plain for k, v in self.value.items()}
        return [v.plain for v in self.value] if isinstance(self.value, list) else self.value


def content(file: Path, at: Mark) -> str:
    """The text of a file that is named there. Raises FlowError."""
    try:
        with file.open("rb") as found:
            text = found.read(LONGEST + 1)
        if len(text) <= LONGEST:
            return text.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
        told = f"{file} has more than {LONGEST // 1_000_000} MB"
    except OSError as wrong:
        told = f"{file} cannot be read: {wrong.strerror or type(wrong).__name__}"
    except UnicodeDecodeError as wrong:
        told = f"{file} is not UTF-8 at byte {wrong.start}"
    raise FlowError([Reason(at.file, at.line, at.col, told)]) from None


def read(text: str, file: str, loader: Any = Core) -> Read:
    """The one document in a text. Raises FlowError."""
    try:
        if deep := _too_deep(text, loader):
            raise FlowError([_reason(file, deep, "values inside values, too deep to read")])
        node = yaml.compose(text, Loader=loader)
    except yaml.MarkedYAMLError as wrong:
        mark = wrong.problem_mark or wrong.context_mark
        raise FlowError([_reason(file, mark, _told(wrong, text))]) from None
    except yaml.reader.ReaderError as wrong:
        before = text[: wrong.position]
        if loader is Core and _Fast is not yaml.SafeLoader:  # libyaml counts bytes
            before = text.encode()[: wrong.position].decode(errors="ignore")
        place = Mark(file, before.count("\n") + 1, len(before) - before.rfind("\n"))
        raise FlowError([Reason(place.file, place.line, place.col, f"not YAML: {wrong.reason}")]) from None
    if node is None:
        return Read(None, Mark(file))
    composed = _Composed(file)
    found = composed.value(node)
    if composed.faults:
        raise FlowError(composed.faults)
    return found


def _too_deep(text: str, loader: Any) -> Any:
    """Where values inside values go too deep; the parser tells it without going there itself."""
    depth = 0
    for event in yaml.parse(text, Loader=loader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            return event.start_mark
    return None


def _reason(file: str, mark: Any, text: str) -> Reason:
    return Reason(file, mark.line + 1, mark.column + 1, text) if mark else Reason(file, 1, 1, text)


def _told(wrong: yaml.MarkedYAMLError, text: str) -> str:
    mark = wrong.problem_mark
    lines = text.splitlines()
    if mark and mark.line < len(lines) and lines[mark.line][mark.column : mark.column + 1] == "\t":
        return "not YAML: a tab; YAML indents with spaces"
    return "not YAML: " + ", ".join(filter(None, (wrong.context, wrong.problem)))


class _Composed:
    def __init__(self, file: str) -> None:
        self.file, self.faults, self.count = file, list[Reason](), 0
        self.inside: set[int] = set()  # an anchor may name what holds it

    def value(self, node: yaml.Node) -> Read:
        mark = node.start_mark
        at = Mark(self.file, mark.line + 1, mark.column + 1)
        self.count += 1
        if id(node) in self.inside or self.count > LARGEST:
            told = "an anchor inside itself" if id(node) in self.inside else "too much: anchors that repeat anchors?"
            raise FlowError([*self.faults, _reason(self.file, mark, told)])
        self.inside.add(id(node))
        try:
            if isinstance(node, yaml.MappingNode):
                return self.mapping(node, at)
            if isinstance(node, yaml.SequenceNode):
                return Read([self.value(v) for v in node.value], at)
            return Read(self.scalar(node, mark), at)
        finally:
            self.inside.discard(id(node))

    def mapping(self, node: yaml.MappingNode, at: Mark) -> Read:
        found, keys = dict[str, Read](), dict[str, Mark]()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else None
            if name is None or key.tag != f"{TAG}str":
                told = shown(name).strip("'") if name else "a list"
                self.faults.append(_reason(self.file, key.start_mark, f"{told} as a key; a key is text"))
            elif name in keys:
                told = f"{shown(name)} is already given on line {keys[name].line}"
                self.faults.append(_reason(self.file, key.start_mark, told))
            else:
                keys[name] = Mark(self.file, key.start_mark.line + 1, key.start_mark.column + 1)
                found[name] = self.value(value)
        return Read(found, at, keys)

    def scalar(self, node: yaml.Node, mark: Any) -> Any:
        kind, text = node.tag.removeprefix(TAG), str(node.value)
        try:
            return SCALARS[kind](text)
        except (KeyError, ValueError):
            told = f"{shown(text)} is no {kind}" if kind in SCALARS else f"tag {node.tag} is not known here"
            self.faults.append(_reason(self.file, mark, told))
            return None


def _whole(text: str) -> int:
    if len(text) > DIGITS:
        raise ValueError
    return int(text, {"0o": 8, "0x": 16}.get(text[:2], 10))


def _float(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


SCALARS: Mapping[str, Any] = {
    "null": lambda _: None,
    "bool": lambda text: text.lower() == "true",
    "int": _whole,
    "float": _float,
    "str": str,
}
