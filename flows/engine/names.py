"""What a $NAME in a flow file stands for. It is the only expression there is; $$ is a dollar."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

from .reasons import FlowError, Mark, Reason

PATH = 4096  # characters of a path; more of one is not quoted
LONGEST = 1_000_000  # bytes of a file of names, or of a secret: more is a mistake, such as a device
NAME = re.compile(r"\$(\$|[A-Za-z_][A-Za-z0-9_]*)?")
LINE = re.compile(
    r"""\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]{0,999})\s*=\s*  # NAME=
    ("(?:[^"\\]|\\.)*"|'[^']*'|[^\s\#'"]\S*(?:\s+[^\s\#]\S*)*)?\s*  # a value, in quotes or not
    (?:(?<=\s)\#.*)?""",  # after a space, a comment
    re.VERBOSE,
)


class Unset(Exception):
    """A $NAME that no source knows, or that cannot be read."""


class Names:
    """The environment, a .env file, NAME_FILE, and systemd's credentials directory, in this order."""

    def __init__(self, env: Mapping[str, str] | None = None, env_file: Path | None = None) -> None:
        if env_file is None and env is None and Path(".env").is_file():
            env_file = Path(".env")
        self.env = os.environ if env is None else env
        self.written, self._file = dotenv(env_file) if env_file else dict[str, str](), env_file
        self.missing = False  # whether a name was asked for that no source has

    def value(self, name: str) -> str:
        """Raises Unset."""
        for source in (self.env, self.written):
            if source.get(name):
                return source[name]
        file = self.env.get(f"{name}_FILE") or self.written.get(f"{name}_FILE")
        folder = self.env.get("CREDENTIALS_DIRECTORY")
        if file:
            return _content(Path(file), f"${name}: {name}_FILE names {file[:PATH]}, which")
        if folder and os.path.isfile(Path(folder) / name):
            return _content(Path(folder) / name, f"${name}: the credential {folder}/{name}")
        self.missing = True
        if name in self.env or name in self.written:
            raise Unset(f"${name} is empty")
        near = get_close_matches(name, self.written, n=1, cutoff=0.84)
        raise Unset(f"${name} is not set" + (f"; {self._file} has {near[0]}" if near else ""))

    def fill(self, text: str) -> tuple[str, list[str]]:
        """A text with its names replaced, and what is wrong with them."""
        wrong: list[str] = []

        def one(found: re.Match[str]) -> str:
            if found[1] == "$":
                return "$"
            try:
                if found[1] is None:
                    raise Unset("a $ with no name after it; write $NAME, or $$ for a dollar")
                return self.value(found[1])
            except Unset as told:
                wrong.append(str(told))
                return ""

        return NAME.sub(one, text), wrong


def names_in(text: str) -> list[str]:
    """The $NAMEs in a text, without their dollars."""
    return [m for m in NAME.findall(text) if m not in ("", "$")]


def dotenv(path: Path) -> dict[str, str]:
    """NAME=value lines. Raises FlowError."""
    try:
        lines = re.split(r"\r\n|\n|\r", _text(path))
    except (OSError, ValueError) as wrong:
        raise FlowError([Reason(str(path), 1, 1, f"cannot be read: {_why(wrong)}")]) from None
    found, faults = dict[str, str](), list[Reason]()
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        parts = LINE.fullmatch(line)
        if parts is None or "\0" in line:
            at = Mark(str(path), number)
            faults.append(Reason(at.file, at.line, at.col, "not a line of NAME=value"))
            continue
        value = parts[2] or ""
        if value[:1] == '"':
            value = re.sub(r"\\(.)", lambda m: {"n": "\n", "t": "\t"}.get(m[1], m[1]), value[1:-1])
        elif value[:1] == "'":
            value = value[1:-1]
        found[parts[1]] = value
    if faults:
        raise FlowError(faults)
    return found


def _content(path: Path, whose: str) -> str:
    try:
        text = _text(path).rstrip("\r\n")
    except (OSError, ValueError) as wrong:
        raise Unset(f"{whose} cannot be read: {_why(wrong)}") from None
    if not text:
        raise Unset(f"{whose} is empty")
    return text


def _text(path: Path) -> str:
    """Raises OSError, and ValueError for what is no path or no text."""
    with path.open("rb") as file:
        found = file.read(LONGEST + 1)
    if len(found) > LONGEST:
        raise OSError(errno.EFBIG, f"it has more than {LONGEST // 1_000_000} MB")
    return found.decode("utf-8-sig")


def _why(wrong: Exception) -> str:
    if isinstance(wrong, OSError):
        return wrong.strerror or type(wrong).__name__
    return "it is not UTF-8" if isinstance(wrong, UnicodeDecodeError) else "it is no path"
