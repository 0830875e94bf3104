import pytest

from wattwire.nodes.change import Config, State, step


def ports(cfg: Config, bodies: list[object]) -> str:
    """The ports by which bodies leave, one after another."""
    state, left = State(), list[str]()
    for body in bodies:
        state, emit = step(cfg, state, body)
        assert emit.body is body
        left.append(emit.port)
    return " ".join(left)


@pytest.mark.parametrize(
    ("cfg", "bodies", "left"),
    [
        (Config(), ["a", "a", "b", "a"], "changed same changed changed"),
        (Config(), [{"x": 1, "y": 2}, {"y": 2, "x": 1}], "changed same"),  # order is no difference
        (Config(), [1, 1.0, True, "1"], "changed same changed changed"),
        (Config(), [None, None, 0], "changed same changed"),  # unknown is a value too, and not 0
        (Config(field="soc"), [{"soc": 5, "at": 1}, {"soc": 5, "at": 2}, {"at": 3}], "changed same changed"),
        (Config(field="soc", by=5), [{"soc": s} for s in (50, 53, 54.9, 55)], "changed same same changed"),
        (Config(field="soc", by=5), [{"soc": 50}, {"soc": None}, {"soc": 50}], "changed changed changed"),
    ],
)
def test_only_what_differs_from_the_last_change_is_a_change(cfg: Config, bodies: list[object], left: str) -> None:
    assert ports(cfg, bodies) == left


def test_slow_drift_is_told_once_it_adds_up() -> None:
    drift: list[object] = [50 + step / 2 for step in range(9)]

    assert ports(Config(by=2), drift) == "changed same same same changed same same same changed"


def test_below_0_is_no_distance() -> None:
    with pytest.raises(ValueError, match="by must not be below 0"):
        Config(by=-1)
