"""Where a broker is: mqtt://user:password@host:port, mqtts://host?ca=/path/of/ca.pem, unix:///path.

Of mqtts:// also ?hostname=0, which trusts the certificate whatever host it names, and ?insecure=1, which trusts any.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import parse_qs, unquote, urlsplit

NO = ("", "0", "false", "no")
PORTS = {"mqtt": 1883, "mqtts": 8883}


@dataclass(frozen=True, kw_only=True)
class Address:
    host: str  # of a unix socket: its path
    port: int = 1883
    unix: bool = False
    tls: bool = False
    ca: str = ""  # file of the certificates to trust; empty: those of the system
    hostname: bool = True  # the certificate must name the host: a GX's own names no address
    insecure: bool = False  # take any certificate
    user: str = ""
    password: str = field(default="", repr=False)

    def __str__(self) -> str:
        """For people: without the password."""
        if self.unix:
            return f"unix://{self.host}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'mqtts' if self.tls else 'mqtt'}://{host}:{self.port}"


def address(url: str) -> Address:
    """Read a broker's URL. A reason for the user is raised as ValueError, and never holds the password."""
    parts = urlsplit(url if "://" in url else f"mqtt://{url}")
    if parts.scheme == "unix":
        if not parts.path or parts.netloc:
            raise ValueError("a unix socket is written unix:///path/of/the/socket")
        return Address(host=unquote(parts.path), unix=True)
    if parts.scheme not in PORTS:
        raise ValueError(f"a broker's address begins with mqtt://, mqtts:// or unix://, not {parts.scheme}://")
    if not parts.hostname:
        raise ValueError("the broker's address names no host")
    if parts.path not in ("", "/"):
        raise ValueError("a broker's address has no path; a character such as / or @ in a password is written %2F, %40")
    try:
        port = parts.port or PORTS[parts.scheme]
    except ValueError:
        raise ValueError("the port of the broker's address is not a number up to 65535") from None
    settings = {name: values[-1] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
    if unknown := settings.keys() - {"ca", "hostname", "insecure"}:
        raise ValueError(f"the broker's address has an unknown setting: {', '.join(sorted(unknown))}")
    tls = parts.scheme == "mqtts"
    if settings and not tls:
        raise ValueError("ca, hostname and insecure are settings of mqtts://")
    return Address(
        host=parts.hostname,
        port=port,
        tls=tls,
        ca=settings.get("ca", ""),
        hostname=settings.get("hostname", "1") not in NO,
        insecure=settings.get("insecure", "0") not in NO,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
    )
