from datetime import timedelta

import pytest

from wattwire.flows.engine.durations import duration, share, size, spell


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10s", 10),
        ("5m", 300),
        ("1h30m", 5400),
        ("500ms", 0.5),
        ("2d", 172800),
        ("1.5h", 5400),
        ("1m30s", 90),
        ("0s", 0),
    ],
)
def test_a_duration_is_numbers_with_units(text: str, seconds: float) -> None:
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["10", "", "s", "30m1h", "1h 30m", "-5s", "1w", "1H", 10, None, "99999999999999d"])
def test_anything_else_is_refused_in_words(text: object) -> None:
    with pytest.raises(ValueError, match=r"a duration carries a unit: 10s, 5m, 1h|too long"):
        duration(text)


@pytest.mark.parametrize("text", ["10s", "5m", "1h30m", "500ms", "2d", "1d1h1m1s1ms", "0s"])
def test_a_duration_is_spelt_as_it_is_read(text: str) -> None:
    assert spell(duration(text)) == text


@pytest.mark.parametrize(("text", "bytes_"), [("64MB", 64_000_000), ("512kB", 512_000), ("1 GiB", 1_073_741_824)])
def test_a_size_is_a_number_with_a_unit(text: str, bytes_: int) -> None:
    assert size(text) == bytes_


@pytest.mark.parametrize("text", [64, "64", "64mb", "MB", None])
def test_a_size_without_a_unit_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="a size carries a unit"):
        size(text)


@pytest.mark.parametrize(("text", "part"), [("10%", 0.1), ("0%", 0.0), ("2.5 %", 0.025)])
def test_a_share_is_in_percent(text: str, part: float) -> None:
    assert share(text) == part


@pytest.mark.parametrize("text", [0.1, "0.1", "%", "-5%"])
def test_a_share_without_percent_is_refused(text: object) -> None:
    with pytest.raises(ValueError, match="not a share such as 10%"):
        share(text)
