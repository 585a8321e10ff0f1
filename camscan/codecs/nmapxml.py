"""XML output of nmap (`-oX`): hosts with addresses, open ports and what nmap made of their services.

Source: nmap.dtd of the nmap project (xmloutputversion 1.05). Status: documented. Each `<host>` is read by itself: a file of a
whole network stays in bounds, and one that nmap could not finish gives the hosts before its end. Script output is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

from camscan.codecs import xml
from camscan.codecs.base import DecodeError, fields, mac_from_text
from camscan.model import MAX_RAW, Fields, Observation, Via

PROTOCOL = "nmap"
"""Name of the protocol in observations."""

MAX_HOSTS = 70_000
"""Hosts read of one document: a /16 and some."""
MAX_PORTS = 256
"""Ports kept of one host."""
MAX_NAMES = 16
_LATEST = 253_402_300_799
"""9999-12-31T23:59:59Z in seconds since 1970."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One port and what nmap says of it; texts are empty where nmap says nothing."""

    number: int
    transport: str
    state: str
    service: str = ""
    product: str = ""
    """Product, version and extra information, joined by blanks."""
    tunnel: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One `<host>`."""

    state: str
    addresses: tuple[str, ...]
    """IPv4 and IPv6."""
    mac: str | None
    hostnames: tuple[str, ...]
    ports: tuple[Port, ...]
    seen_at: datetime | None
    raw: bytes
    """The element without the output of scripts, ≤ MAX_RAW bytes."""
    given_up: bool = False
    """nmap ran into its time limit for this host and tells nothing of its ports."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """One run of nmap."""

    version: str
    arguments: str
    started_at: datetime | None
    hosts: tuple[Host, ...]
    complete: bool
    """nmap ended its run."""
    unreadable: int = 0
    """Hosts that could not be read."""


def recognise(raw: bytes) -> bool:
    """Return whether this is the start of nmap's XML."""
    return b"<nmaprun" in raw[:4096]


def decode(raw: bytes) -> Scan:
    """Return the run. Raises DecodeError where the document is not nmap's."""
    opening = raw.find(b"<nmaprun", 0, 4096)
    ending = raw.find(b">", opening)
    if opening < 0 or ending < 0:
        raise DecodeError("no <nmaprun>")
    run = xml.parse(raw[opening:ending].rstrip(b"/") + b"/>")
    hosts: list[Host] = []
    unreadable = 0
    for element in _elements(raw, b"host", ending):
        if len(hosts) + unreadable >= MAX_HOSTS:
            unreadable += 1
            break
        try:
            hosts.append(_host(element))
        except DecodeError:
            unreadable += 1
    return Scan(
        version=run.get("version") or "",
        arguments=run.get("args") or "",
        started_at=_instant(run.get("start")),
        hosts=tuple(hosts),
        complete=b"</nmaprun>" in raw[-64:] and b"<finished" in raw[-4096:],
        unreadable=unreadable,
    )


def observe(host: Host) -> Fields:
    """Return the open TCP ports, and service and product as nmap words them."""
    found: list[tuple[str, str | None]] = []
    for port in host.ports:
        if port.state != "open":
            continue
        if port.transport == "tcp":
            found.append(("tcp.port", str(port.number)))
        found.append(("nmap.service", f"{port.tunnel}/{port.service}" if port.tunnel else port.service))
        found.append(("nmap.product", port.product))
    return fields(*found)


def observations(scan: Scan, *, collector: str, via: Via, site: str, read_at: datetime) -> tuple[Observation, ...]:
    """Return one observation of each host with an open port, per address. read_at stands where nmap noted no time."""
    found: list[Observation] = []
    for host in scan.hosts:
        said = observe(host)
        if host.state != "up" or not said:
            continue
        seen_at = host.seen_at or scan.started_at or read_at
        found.extend(
            Observation(
                protocol=PROTOCOL,
                collector=collector,
                via=via,
                site=site,
                fields=said,
                first_seen_at=seen_at,
                last_seen_at=seen_at,
                ip=address,
                link_mac=host.mac,
                raw=host.raw,
                truncated=len(host.raw) >= MAX_RAW,
            )
            for address in host.addresses
        )
    return tuple(found)


def _elements(raw: bytes, name: bytes, position: int) -> Iterator[bytes]:
    """Yield each whole element of a name, which must not stand inside itself."""
    closing = b"</" + name + b">"
    while True:
        position = raw.find(b"<" + name, position)
        if position < 0:
            return
        after = position + 1 + len(name)
        if raw[after : after + 1] not in (b" ", b">", b"\n", b"\r", b"\t"):
            position = after
            continue
        end = raw.find(closing, after)
        if end < 0:
            return
        yield raw[position : end + len(closing)]
        position = end + len(closing)


def _host(raw: bytes) -> Host:
    plain = _without_scripts(raw)
    root = xml.parse(plain)
    addresses: list[str] = []
    mac: str | None = None
    state = ""
    names: list[str] = []
    ports: list[Port] = []
    for element in root:
        kind = xml.local(element)
        if kind == "status":
            state = element.get("state") or ""
        elif kind == "address" and element.get("addrtype") == "mac":
            mac = mac_from_text(element.get("addr") or "")
        elif kind == "address" and (address := _canonical(element.get("addr") or "")):
            addresses.append(address)
        elif kind == "hostnames":
            names.extend(name for inner in element if (name := inner.get("name")))
        elif kind == "ports":
            ports.extend(port for inner in element if xml.local(inner) == "port" and (port := _port(inner)))
    if not addresses:
        raise DecodeError("a host without an address")
    return Host(
        state=state or "up",
        addresses=tuple(addresses[:MAX_NAMES]),
        mac=mac,
        hostnames=tuple(names[:MAX_NAMES]),
        ports=tuple(ports[:MAX_PORTS]),
        seen_at=_instant(root.get("endtime")) or _instant(root.get("starttime")),
        raw=plain[:MAX_RAW],
        given_up=root.get("timedout") == "true",
    )


def _port(element: xml.Element) -> Port | None:
    number = element.get("portid") or ""
    if not (number.isascii() and number.isdigit() and len(number) <= 5):
        return None
    state = xml.child(element, "state")
    service = xml.child(element, "service")
    words = () if service is None else (service.get("product"), service.get("version"), _in_brackets(service.get("extrainfo")))
    return Port(
        number=int(number),
        transport=element.get("protocol") or "",
        state=(state.get("state") if state is not None else None) or "",
        service=(service.get("name") if service is not None else None) or "",
        product=" ".join(word for word in words if word),
        tunnel=(service.get("tunnel") if service is not None else None) or "",
    )


def _in_brackets(value: str | None) -> str | None:
    return f"({value})" if value else None


def _canonical(value: str) -> str | None:
    """Return an address as `ipaddress` prints it, without a zone; None where it is none."""
    try:
        return str(ip_address(value.partition("%")[0]))
    except ValueError:
        return None


def _without_scripts(raw: bytes) -> bytes:
    """Return a host without its `<script>` elements. nmap writes `>` inside attributes as `&gt;`."""
    kept: list[bytes] = []
    position = 0
    while True:
        start = raw.find(b"<script", position)
        tag_end = raw.find(b">", start) if start >= 0 else -1
        if tag_end < 0:
            return b"".join((*kept, raw[position:]))
        kept.append(raw[position:start])
        if raw[tag_end - 1 : tag_end] == b"/":
            position = tag_end + 1
            continue
        closing = raw.find(b"</script>", tag_end)
        if closing < 0:
            return b"".join((*kept, raw[start:]))
        position = closing + len(b"</script>")


def _instant(seconds: str | None) -> datetime | None:
    if not seconds or not (seconds.isascii() and seconds.isdigit()) or len(seconds) > 12 or not 0 < int(seconds) <= _LATEST:
        return None
    return datetime.fromtimestamp(int(seconds), UTC)
