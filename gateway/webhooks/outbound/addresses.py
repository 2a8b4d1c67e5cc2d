"""Where webhooks may be sent: to public unicast addresses, over https, spelled plainly. Pure.

A URL is judged when it is saved, and each address that its name resolves to when it is dialled: a name that
is fine today may lead inside tomorrow. Source: the registries of special-purpose addresses of IANA, and what
Svix and Nango block (read 2026-11).
"""

import ipaddress
import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from urllib.parse import urlsplit

from msgspec import Struct

LONGEST = 2048
PORTS = (443, 8443)
PLAIN_PORT = 80

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

BLOCKED: tuple[Network, ...] = tuple(
    ipaddress.ip_network(network)
    for network in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        # Among them those that carry an IPv4 address: mapped, compatible, NAT64, Teredo, 6to4.
        *("::/96", "::ffff:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23"),
        *("2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10"),
        "ff00::/8",
    )
)
UNICAST = ipaddress.ip_network("2000::/3")
"""All that is handed out of IPv6 so far."""

INSIDE = (
    *("localhost", "localdomain", "local", "internal", "intranet", "lan", "home", "corp", "private"),
    *("arpa", "test"),
)
"""Endings of names that mean something else in each network."""
METADATA = ("metadata.google.internal", "instance-data.ec2.internal", "metadata.azure.com")

NAME = re.compile(r"(?=.{1,253}\Z)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
DOTTED = re.compile(r"(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(\.(25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}")
"""The one spelling of an IPv4 address that every program reads alike."""
PRINTABLE = re.compile(r"[!-~]+")


class Allowed(Struct, frozen=True):
    """What may be reached beside public addresses, and over http: for tests, on a laptop."""

    hosts: frozenset[tuple[str, int]] = frozenset()
    networks: tuple[Network, ...] = ()

    def names(self, host: str, port: int) -> bool:
        """Whether it is listed as it is spelled, or as an address."""
        return (host, port) in self.hosts or ((address := _literal(host)) is not None and self.holds(address))

    def holds(self, address: Address) -> bool:
        """Whether a listed network has it."""
        return any(address in network for network in self.networks)


def allowed_by(setting: str) -> Allowed:
    """What a list of `host:port` and networks such as `127.0.0.0/8`, comma separated, allows.

    Raises:
        ValueError: an entry is neither.
    """
    hosts, networks = set(), []
    for entry in filter(None, (part.strip() for part in setting.split(","))):
        if "/" in entry:
            networks.append(ipaddress.ip_network(entry))
            continue
        host, _, port = entry.rpartition(":")
        if not host or not port.isascii() or not port.isdigit():
            raise ValueError(f"{entry!r} is neither host:port nor a network")
        hosts.add((host.strip("[]").lower(), int(port)))
    return Allowed(frozenset(hosts), tuple(networks))


class Place(Struct, frozen=True, kw_only=True):
    """Where a URL leads. `address`: the host, if it is spelled as one."""

    scheme: str
    host: str
    port: int
    address: Address | None


class Misfit(ValueError):
    """Nothing is sent there; the message says why, for the owner of the URL."""


def place_of(url: str, allowed: Allowed) -> Place:
    """Where `url` leads.

    Raises:
        Misfit: it may not be sent to, whatever its name resolves to.
    """
    if len(url) > LONGEST:
        raise Misfit(f"It is longer than {LONGEST} characters.")
    if not PRINTABLE.fullmatch(url) or "\\" in url:
        raise Misfit("It holds characters that a URL does not have; write them percent-encoded.")
    try:
        parts = urlsplit(url)
        host, given = (parts.hostname or "").lower(), parts.port
    except ValueError as error:
        raise Misfit("It is not a URL.") from error
    if parts.scheme not in ("https", "http") or not url.startswith(f"{parts.scheme}://{parts.netloc}"):
        raise Misfit("It is not https.")
    if "@" in parts.netloc:
        raise Misfit("It names a user.")
    if "#" in url:
        raise Misfit("It has a fragment.")
    plain = f"[{host}]" if ":" in host else host
    if parts.netloc.lower() != (plain if given is None else f"{plain}:{given}"):
        raise Misfit("Its host and port are not plainly written.")
    port = given if given is not None else (PORTS[0] if parts.scheme == "https" else PLAIN_PORT)
    address = _literal(host)
    listed = allowed.names(host, port)
    if parts.scheme != "https" and not listed:
        raise Misfit("It is not https.")
    if port not in PORTS and not listed:
        raise Misfit(f"Its port is none of {', '.join(map(str, PORTS))}.")
    if not listed and address is None:
        _check_name(host)
    if not listed and address is not None and (reason := blocked(address, allowed)):
        raise Misfit(reason)
    return Place(scheme=parts.scheme, host=host, port=port, address=address)


def check_all(place: Place, found: Iterable[str], allowed: Allowed) -> tuple[str, ...]:
    """The addresses that a name resolved to, when all of them may be dialled.

    Raises:
        Misfit: one of them may not, or there is none.
    """
    addresses = [_literal(one) for one in found]
    if not addresses:
        raise Misfit("Its host name does not resolve.")
    listed = (place.host, place.port) in allowed.hosts
    for address in addresses:
        if address is None:
            raise Misfit("Its host name resolves to no address.")
        if not listed and (reason := blocked(address, allowed)):
            raise Misfit(reason)
        if not listed and place.scheme != "https" and not allowed.holds(address):
            raise Misfit("It is not https.")
    return tuple(str(address) for address in addresses)


def blocked(address: Address, allowed: Allowed) -> str | None:
    """Why nothing may be sent to an address; None when it may."""
    if allowed.holds(address):
        return None
    inside = any(address in network for network in BLOCKED if network.version == address.version)
    if inside or (address.version == 6 and address not in UNICAST):
        return "Its address is not a public one."
    return None


def _literal(text: str) -> Address | None:
    """The address that `text` is, spelled the one way that leaves no choice."""
    try:
        if ":" in text:
            return None if "%" in text else IPv6Address(text)
        return IPv4Address(text) if DOTTED.fullmatch(text) else None
    except ValueError:
        return None


def _check_name(host: str) -> None:
    if not NAME.fullmatch(host):
        raise Misfit("Its host is no full name, such as hooks.example.com, and no plainly written address.")
    if host in METADATA or host.rpartition(".")[2] in INSIDE:
        raise Misfit("Its host is a name of the inside of a network.")
