"""A copy of a frozen record with some fields changed."""

from dataclasses import dataclass

import pytest

from wattwire.nodes import replace


@dataclass(frozen=True)
class Shelf:
    books: int = 3
    owner: str = "nobody"


@dataclass(frozen=True, kw_only=True)
class Bounded:
    most: int = 3

    def __post_init__(self) -> None:
        if self.most < 0:
            raise ValueError("most is a count")


def test_what_is_not_named_stays() -> None:
    old = Shelf(owner="Ada")
    new = replace(old, books=4)

    assert (new, old) == (Shelf(4, "Ada"), Shelf(3, "Ada"))
    assert hash(new) == hash(Shelf(4, "Ada"))
    assert repr(new) == "Shelf(books=4, owner='Ada')"


def test_a_field_that_it_has_not_is_refused() -> None:
    with pytest.raises(TypeError, match="Shelf has no pages"):
        replace(Shelf(), pages=1)


def test_what_checks_itself_is_checked_again() -> None:
    with pytest.raises(ValueError, match="most is a count"):
        replace(Bounded(), most=-1)
