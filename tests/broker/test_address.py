"""A broker's URL is read, or a reason is given that a user can act on."""

import pytest

from wattwire.broker.address import Address, address


@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("mqtt://localhost", Address(host="localhost")),
        ("10.0.0.7:1884", Address(host="10.0.0.7", port=1884)),
        ("mqtt://me:p%40ss@gx.local:1883/", Address(host="gx.local", user="me", password="p@ss")),
        ("mqtt://[::1]:1883", Address(host="::1")),
        ("mqtts://host", Address(host="host", port=8883, tls=True)),
        ("mqtts://host:1?ca=/etc/ca.pem", Address(host="host", port=1, tls=True, ca="/etc/ca.pem")),
        ("mqtts://host?insecure=1", Address(host="host", port=8883, tls=True, insecure=True)),
        ("unix:///run/a%20b.sock", Address(host="/run/a b.sock", unix=True)),
    ],
)
def test_a_url_is_read(url: str, read: Address) -> None:
    assert address(url) == read


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://host", "begins with mqtt://"),
        ("mqtt://", "names no host"),
        ("mqtt://host:99999", "up to 65535"),
        ("mqtt://host:port", "up to 65535"),
        ("mqtt://me:a/b@host", "%2F"),
        ("mqtt://host?ca=x", "settings of mqtts"),
        ("mqtts://host?cert=x", "an unknown setting: cert"),
        ("unix://relative.sock", "unix:///path"),
    ],
)
def test_what_is_wrong_is_said(url: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        address(url)


@pytest.mark.parametrize("url", ["mqtt://me:s3cret@host", "mqtts://me:s3cret@host:1"])
def test_a_password_is_never_shown(url: str) -> None:
    read = address(url)

    assert "s3cret" not in f"{read} {read!r}"


@pytest.mark.parametrize("url", ["mqtt://me:s3/cret@host:x", "mqtt://me:s3cret@host:x", "http://me:s3cret@host"])
def test_nor_in_a_reason(url: str) -> None:
    with pytest.raises(ValueError, match="address") as told:
        address(url)

    assert "cret" not in str(told.value)


def test_a_certificate_may_be_trusted_whatever_host_it_names() -> None:
    assert address("mqtts://gx?ca=/gx.pem&hostname=0").hostname is False
