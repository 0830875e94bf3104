"""Where a newcomer finds a node type: beside its kind."""

from collections import Counter
from pathlib import Path

from wattwire.flows.engine.families import FAMILIES, OTHERS, by_family, index
from wattwire.flows.engine.palette import palette

PALETTE = Path(__file__).parent / "palette"


def test_every_type_that_is_shipped_is_in_one_family() -> None:
    listed = Counter(name for names in FAMILIES.values() for name in names)

    assert (sorted(listed), set(listed.values())) == (sorted(palette(())), {1})


def test_a_type_of_somebody_elses_is_found_at_the_end() -> None:
    known = palette((PALETTE,))
    families = by_family(known.values())

    assert list(families)[-1] == OTHERS
    assert "meter" in [node.name for node in families[OTHERS]]


def test_the_index_leads_to_every_page() -> None:
    known = palette(())
    lines = index(known.values()).splitlines()

    assert {f"* [{name}]({name}.md)" for name in known} == {line.split(":")[0] for line in lines if line[:1] == "*"}
