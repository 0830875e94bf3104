import pytest

from wattwire.nodes.tesla_place import Place


@pytest.mark.parametrize(
    ("where", "home"), [((51.5, -0.12), True), ((51.501, -0.12), True), ((51.502, -0.12), False), ((0.0, 0.0), False)]
)
def test_home_is_within_the_radius(where: tuple[float, float], home: bool) -> None:
    assert Place(lat=51.5, lon=-0.12).holds(where) is home


def test_a_place_that_is_nowhere_on_earth_is_refused() -> None:
    with pytest.raises(ValueError, match="lat must be within"):
        Place(lat=151.5, lon=0.0)
