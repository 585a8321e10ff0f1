"""The segment map: each device at its switch port, or by its address in its range, coloured and shaped by its verdict."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, ip_address, ip_network

from camscan.model import AssessedAsset, Report, address_order
from camscan.report import extent, view
from camscan.report.pictures import drawing, marks
from camscan.report.pictures.bars import ELSEWHERE, place_of

COLUMNS = 16
CELL = 40
SHAPE = 16
ROWS = 16
"""Rows of one panel: a printed page holds it."""
MOST_PANELS = 24
PORT_LETTERS = 6
SWITCH_LETTERS = 40


@dataclass(frozen=True, slots=True)
class Panel:
    """One part of the map: a switch or a range, and the devices there."""

    place: str
    devices: int
    """All at this place, also those in other panels."""
    svg: str


@dataclass(frozen=True, slots=True)
class SegmentMap:
    """The whole map."""

    panels: tuple[Panel, ...]
    left_out: int
    """Devices for which there was no room."""


def segment_map(report: Report, anchor: Callable[[int], str], most: int = MOST_PANELS) -> SegmentMap:
    """Return the map of a report. anchor: gives the id in the page of a device, by its place in the report; most: panels."""
    places = _places(report)
    panels: list[Panel] = []
    left_out = 0
    for place, members in places:
        for first in range(0, len(members), COLUMNS * ROWS):
            part = members[first : first + COLUMNS * ROWS]
            if len(panels) >= most:
                left_out += len(part)
                continue
            panels.append(Panel(place, len(members), _drawn(report, place, part, len(panels), anchor)))
    return SegmentMap(tuple(panels), left_out)


Member = tuple[int, AssessedAsset, str]
"""Place in the report, the device, and what stands below its shape."""


def _places(report: Report) -> list[tuple[str, list[Member]]]:
    """Return where devices stand, switches first, then ranges, then elsewhere."""
    networks = [(ip_network(covered.range, strict=False), extent.place_words(covered)) for covered in extent.covered(report)]
    switches: dict[str, list[Member]] = {}
    ranges: dict[str, list[Member]] = {name: [] for _, name in networks}
    for number, judged in enumerate(report.assets):
        attached = judged.attached_to
        if attached is not None and attached.direct:
            port = drawing.clipped(attached.port, PORT_LETTERS)
            switches.setdefault(f"switch {drawing.clipped(attached.switch, SWITCH_LETTERS)}", []).append((number, judged, port))
        else:
            place = place_of(judged, networks)
            ranges.setdefault(place, []).append((number, judged, _end_of_address(judged)))
    for members in switches.values():
        members.sort(key=lambda member: _port_order(member[1]))
    for members in ranges.values():
        members.sort(key=lambda member: address_order(member[1].asset.ips[0] if member[1].asset.ips else None))
    ordered = sorted(switches.items()) + sorted(ranges.items(), key=lambda item: item[0] == ELSEWHERE)
    return [(place, members) for place, members in ordered if members]


def _port_order(judged: AssessedAsset) -> tuple[int, str, str]:
    port = judged.attached_to.port if judged.attached_to is not None else ""
    return (len(port), port, judged.asset.key)


def _end_of_address(judged: AssessedAsset) -> str:
    """Return the part of an address that differs within a range."""
    if not judged.asset.ips:
        return judged.asset.macs[0][-5:] if judged.asset.macs else "?"
    address = ip_address(judged.asset.ips[0])
    if isinstance(address, IPv4Address):
        return f".{int(address) & 0xFF}"
    return f":{str(address).rpartition(':')[2] or '0'}"


def _drawn(report: Report, place: str, members: list[Member], number: int, anchor: Callable[[int], str]) -> str:
    rows = (len(members) + COLUMNS - 1) // COLUMNS
    columns = min(len(members), COLUMNS)
    body = "".join(_cells(report, members, anchor))
    name = f"map{number}"
    width, height = columns * CELL, rows * CELL
    return (
        f'<svg class="map" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="group" '
        f'aria-labelledby="{name}-title" font-family="system-ui, sans-serif">'
        f'<title id="{name}-title">{drawing.quoted(f"Map of {place}")}</title>{body}</svg>'
    )


def _cells(report: Report, members: Iterable[Member], anchor: Callable[[int], str]) -> Iterator[str]:
    for place, (number, judged, below) in enumerate(members):
        x, y = place % COLUMNS * CELL, place // COLUMNS * CELL
        verdict = marks.name_of(judged.judgement.verdict)
        said = ", ".join((*judged.asset.ips[:1], view.brand_and_maker(report, judged.identification), marks.words(verdict)))
        # Out of the order of the tabulator: the table of devices leads to the same places.
        yield (
            f'<a href="#{anchor(number)}" tabindex="-1"><title>{drawing.quoted(said)}</title>'
            f'<rect class="cell" fill="none" stroke="{drawing.LINE}" x="{x + 1}" y="{y + 1}" width="{CELL - 2}" height="{CELL - 2}" rx="4"/>'
            f"{marks.shape(verdict, x + (CELL - SHAPE) / 2, y + 5, SHAPE)}"
            f"{drawing.label(x + CELL / 2, y + 34, below, anchor='middle', size=10)}</a>"
        )
