"""wattwire tariffs: which tariffs there are, and whether a file agrees with its cases."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import click

from wattwire.flows.engine.bodies import BadBody, decode, encode
from wattwire.flows.engine.names import Names
from wattwire.flows.engine.reading import content, read
from wattwire.flows.engine.reasons import Faults, FlowError, Mark
from wattwire.flows.engine.settings import Settings
from wattwire.nodes.tariff_cases import Case, rate
from wattwire.nodes.tariff_rules import Rules

SHIPPED = Path(__file__).parents[1] / "tariffs"


@click.command("tariffs")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]…")
def command(files: tuple[Path, ...]) -> None:
    """List the tariffs that come with wattwire, or check each FILE against its cases, in cases/ beside it."""
    if not files:
        for file in sorted(SHIPPED.glob("*.yaml")):
            click.echo(f"{file.stem:26}{rules(file).title}")
        return
    wrong = False
    for file in files:
        try:
            known = cases(file)
            told = list(misses(file, known))
        except FlowError as error:
            known, told = [], str(error).splitlines()
        wrong = wrong or bool(told)
        click.echo("\n".join(told) if told else f"{file}: fine (cases: {len(known)})", err=bool(told))
    sys.exit(2 if wrong else 0)


def rules(file: Path) -> Rules:
    """A tariff, as its file describes it. Raises FlowError."""
    given, faults = read(content(file, Mark(str(file))), str(file)), Faults()
    built = Settings(Names(), faults).config(file.stem, Rules, given, given.at)
    faults.refuse()
    assert isinstance(built, Rules)
    return built


def cases(file: Path) -> list[Case]:
    """The cases of a tariff's file. Raises FlowError."""
    beside = file.parent / "cases" / file.name
    if not beside.is_file():
        return []
    found, faults, known = read(content(beside, Mark(str(beside))), str(beside)), Faults(), list[Case]()
    for one in found.value if isinstance(found.value, list) else ():
        try:
            known.append(decode(Case, one.plain))
        except BadBody as wrong:
            faults.add(one.at, f"not a case: {wrong}")
    faults.refuse()
    return known


def misses(file: Path, known: list[Case]) -> Iterator[str]:
    """Where a tariff differs from its cases. Raises FlowError."""
    told = rules(file)
    for case in known:
        found = encode(rate(told, case))
        for name, expected in case.expect.items():
            if found.get(name) != expected:
                yield f"{file}: {case.says}: {name} is {found.get(name)!r}, not {expected!r}"
