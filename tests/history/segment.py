"""A segment that changes from night to night, and what a person who knew it would say of each night. Knows nothing of how camscan compares.

A unit's truth is what stands in it; what has been told of it so far is kept beside that. Whoever sees a unit tells the difference, and
nobody tells what he cannot have seen.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from ipaddress import ip_address, ip_network

from camscan.model import Attestation, Coverage, CoverageLevel, Covered, DeviceException, Observation, SiteContext
from tests.history.units import SITE, Told, Unit, heard

RULE_DAY = date(2022, 11, 24)
"""From this day on the instruction to departments holds."""
RULE = "uk.hcws386"
LISTED = ("hikvision", "dahua")
NETWORK = "10.20.0.0/20"
Expected = tuple[str, str, str, str]
"""Kind of change, name of the unit, what, cause."""


@dataclass
class Night:
    """One night: what is heard, what is covered, what is recorded, and what a person would say changed."""

    number: int
    at: datetime
    complete: bool
    site: SiteContext
    newer_data: bool
    observations: tuple[Observation, ...]
    coverage: tuple[Coverage, ...]
    attestations: tuple[Attestation, ...]
    exceptions: tuple[DeviceException, ...]
    expected: frozenset[Expected]

    def looked_at(self, ip: str) -> bool:
        """Whether whoever is at an address was seen."""
        return self.complete and ip_address(ip) in ip_network(self.coverage[0].range)


@dataclass
class Segment:
    """The segment over time. nights: how many there will be; the great events are spread over them."""

    nights: int
    size: int
    chance: random.Random = field(default_factory=lambda: random.Random(20220301))
    units: list[Unit] = field(default_factory=list)
    made: int = 0
    class_: str = "other"
    newer_data: bool = False
    attestations: list[Attestation] = field(default_factory=list)
    exceptions: list[DeviceException] = field(default_factory=list)
    current: int = -1
    last_ip: int = 10

    def __post_init__(self) -> None:
        self.great = {
            "rule": self.nights * 25 // 100,
            "site": self.nights * 45 // 100,
            "data": self.nights * 60 // 100,
            "attestation": self.nights * 75 // 100,
        }
        self.first_day = RULE_DAY - timedelta(days=self.great["rule"])
        self.quiet = {number + step for number in self.great.values() for step in (-1, 0, 1)} | {0}
        lines = ("hikvision", "dahua", "axis", "zenith", "nadir", "made-up", "phone")
        for number in range(self.size):
            line = lines[number % len(lines)]
            self._add(
                "phone" if line == "phone" else "hikvision" if line == "made-up" else line, made_up=line in ("made-up", "phone")
            )

    def _add(self, line: str, *, made_up: bool = False, instead_of: Unit | None = None, mac: str | None = None) -> Unit:
        self.made += 1
        n = self.made
        oui = {
            "hikvision": "bc:ad:28",
            "dahua": "3c:ef:8c",
            "axis": "ac:cc:8e",
            "zenith": "70:b3:d5",
            "nadir": "70:b3:d5",
            "phone": "02:00:00",
        }[line]
        address = mac or f"{oui}:{n >> 16 & 255:02x}:{n >> 8 & 255:02x}:{n & 255:02x}"
        unit = Unit(
            name=f"unit-{n}",
            line=line,
            mac=None if made_up else address,
            serial=f"{line[:2].upper()}B140H2019{n * 7919 % 100_000:05}AAWR{n * 104_729 % 1_000_000:06}",
            ip=instead_of.ip if instead_of else self._free_ip(),
            port=instead_of.port if instead_of else f"p{n}",
        )
        self.units.append(unit)
        return unit

    def _free_ip(self) -> str:
        self.last_ip += 1
        return f"10.20.{self.last_ip // 250}.{self.last_ip % 250 + 1}"

    def run(self) -> Iterator[Night]:
        """Yield the nights, one after another."""
        for number in range(self.nights):
            yield self._night(number)

    def _night(self, number: int) -> Night:
        day = self.first_day + timedelta(days=number)
        at = datetime(day.year, day.month, day.day, 3, 0, tzinfo=UTC)
        complete = number in self.quiet or self.chance.random() > 0.15
        self.current = number
        if number == self.great["site"]:
            self.class_ = "sensitive"
        if number == self.great["data"]:
            self.newer_data = True
        if number == self.great["attestation"]:
            self._attest(day)
        if number and number not in self.quiet:
            self._happens(day)
        narrow = complete and number not in self.quiet and self.chance.random() < 0.15
        network = self._part() if narrow else NETWORK
        seen = [
            unit
            for unit in self.units
            if unit.present and (_within(unit.ip, network) if complete else self.chance.random() < 0.5)
        ]
        macs = [unit.mac for unit in self.units]
        likely = 0 if not number else 0.1 if complete else 0.3
        weak = {unit.name for unit in seen if macs.count(unit.mac) == 1 and self.chance.random() < likely}
        short = {unit.name for unit in seen if number and self.chance.random() < 0.1}
        expected = (
            frozenset(self._told(day, seen, weak, short, network if complete else None)) if number else frozenset[Expected]()
        )
        if not number:
            for unit in seen:
                unit.told = self._truth(unit, day)
        observations = tuple(
            one for unit in seen for one in heard(unit, at, unit.name in weak, unit.name in short, self.chance)
        )
        coverage = (Coverage(range=network, level=CoverageLevel.LINK, complete=complete, hosts_alive=len(seen)),)
        site = SiteContext(name=SITE, class_=self.class_)  # type: ignore[arg-type]
        return Night(
            number,
            at,
            complete,
            site,
            self.newer_data,
            observations,
            coverage,
            tuple(self.attestations),
            tuple(self.exceptions),
            expected,
        )

    def _part(self) -> str:
        """The neighbourhood of a unit, as somebody looks at it by hand."""
        return str(ip_network(f"{self.chance.choice(self.units).ip}/27", strict=False))

    # What happens

    def _happens(self, day: date) -> None:
        """Let a few things happen."""
        cameras = [
            unit for unit in self.units if unit.present and unit.line != "phone" and unit.told is not None and unit.told.there
        ]
        for _ in range(self.chance.choice((0, 0, 1, 1, 2, 3))):
            unit = self.chance.choice(cameras)
            if not unit.present:
                continue
            what = self.chance.choice(
                (
                    "new",
                    "goes",
                    "moves",
                    "port",
                    "firmware",
                    "relabel",
                    "replaced",
                    "same mac",
                    "accept",
                    "back",
                    "back",
                    "dispose",
                )
            )
            if what == "new":
                self._add(self.chance.choice(("hikvision", "dahua", "axis")))
            elif what == "goes" and len(cameras) > self.size // 2:
                unit.present = False
            elif what == "moves":
                unit.ip = self._free_ip()
            elif what == "port" and unit.mac is not None:
                unit.port = f"q{self.chance.randrange(10_000)}-{unit.name}"
            elif what == "firmware":
                unit.firmware += 1
            elif what == "relabel" and unit.line == "hikvision":
                unit.label = "hikvision" if unit.label == "hiwatch" else "hiwatch"
            elif what in ("replaced", "same mac") and unit.mac is not None and unit.line in LISTED and not self._entries(unit):
                unit.present = False
                new = self._add(unit.line, instead_of=unit, mac=unit.mac if what == "same mac" else None)
                new.in_place_of = unit
            elif what == "accept" and self.class_ == "sensitive" and day >= RULE_DAY and self._can_accept(unit):
                self._accept(unit, day)
            elif what == "back":
                self._comes_back()
            elif what == "dispose":
                self._dispose(day)

    def _comes_back(self) -> None:
        away = [
            one for one in self.units if not one.present and not one.disposed and one.told is not None and not one.told.there
        ]
        taken = {one.mac for one in self.units if one.present}
        places = {one.ip for one in self.units if one.present}
        away = [one for one in away if one.mac not in taken and one.ip not in places]
        if away:
            unit = self.chance.choice(away)
            unit.present = True
            if unit.mac is not None:
                unit.port = f"r{self.chance.randrange(10_000)}-{unit.name}"

    def _dispose(self, day: date) -> None:
        away = [
            one for one in self.units if not one.present and not one.disposed and one.told is not None and one.mac is not None
        ]
        macs = [one.mac for one in self.units]
        away = [one for one in away if macs.count(one.mac) == 1]
        if away:
            unit = self.chance.choice(away)
            unit.disposed = True
            self.attestations.append(self._statement(unit, day, disposed=day))

    def _attest(self, day: date) -> None:
        unit = next(one for one in self.units if one.line == "nadir" and one.present)
        self.attestations.append(self._statement(unit, day, maker="axis"))
        unit.attested = True

    def _statement(self, unit: Unit, day: date, **changes: object) -> Attestation:
        return Attestation(
            id=f"at-{len(self.attestations):04}",
            device=f"mac:{unit.mac}",
            bound_to=(f"mac={unit.mac}",),
            by="R. Nowak",
            basis="label",
            recorded_on=day,
            **changes,  # type: ignore[arg-type]
        )

    def _can_accept(self, unit: Unit) -> bool:
        shared = [one for one in self.units if one.mac == unit.mac]
        return unit.line in LISTED and unit.mac is not None and len(shared) == 1 and not self._entries(unit)

    def _entries(self, unit: Unit) -> list[DeviceException]:
        return [one for one in self.exceptions if one.device == unit.name]

    def _accept(self, unit: Unit, day: date) -> None:
        acts = ("buy", "deploy", "connect", "keep", "contract", "sell")
        planned = self.chance.random() < 0.5
        self.exceptions.append(
            DeviceException(
                id=f"ex-{len(self.exceptions):04}",
                status="planned" if planned else "accepted",
                device=unit.name,
                bound_to=(f"mac={unit.mac}",),
                owner="R. Nowak",
                ticket="CHG-7",
                recorded_on=day,
                expires_on=day + timedelta(days=9),
                due=day + timedelta(days=5) if planned else None,
                covers=tuple(Covered(rule=RULE, act=act, verdict="prohibited") for act in acts),
                reason="fire exit",
                maker=unit.line,
            )
        )

    # What a person would say

    def _truth(self, unit: Unit, day: date) -> Told:
        unknown = {"phone": None, "zenith": "zenith" if self.newer_data else None, "nadir": "axis" if unit.attested else None}
        maker = unknown.get(unit.line, unit.line)
        verdict = "no_finding"
        if unit.line == "phone":
            verdict = "not_assessed"
        elif maker is None:
            verdict = "unidentified"
        elif maker in LISTED and day >= RULE_DAY:
            verdict = "prohibited" if self.class_ == "sensitive" else "review"
        status = "open"
        for entry in self._entries(unit):
            end = min(entry.expires_on, entry.due) if entry.due else entry.expires_on
            status = entry.status if day <= end else f"lapsed {entry.status}"
        return Told(unit.ip, unit.port, unit.firmware, unit.label, verdict, maker, status)

    def _told(
        self, day: date, seen: Iterable[Unit], weak: set[str], short: set[str], network: str | None
    ) -> Iterator[Expected]:
        """network: where whoever is there was seen; None: nowhere surely."""
        visible = {unit.name for unit in seen}
        taken = set()
        for unit in self.units:
            if unit.name in visible:
                old = unit.in_place_of
                stood = old.told if old is not None else None
                takes = stood is not None and stood.there and network is not None and _within(stood.ip, network)
                takes = takes and unit.told is None and unit.name not in weak  # of what kind it is nobody can tell
                if takes and old is not None:
                    taken.add(old.name)
                yield from self._of_seen(unit, day, unit.name in weak, unit.name in short, takes)
        for unit in self.units:
            if unit.name in visible or unit.told is None:
                continue
            if not unit.told.there:
                yield from self._late_disposal(unit, day)
            elif network is not None and _within(unit.told.ip, network):
                unit.told.there = False
                if unit.name in taken:
                    unit.disposed = True  # of a unit that was replaced no statement is awaited, nor that it comes back
                elif self._stated_disposed(unit):
                    yield ("removed", unit.name, "device", "attestation")
                else:
                    yield ("gone", unit.name, "device", "device")

    def _stated_disposed(self, unit: Unit) -> bool:
        return any(one.disposed is not None and one.bound_to == (f"mac={unit.mac}",) for one in self.attestations)

    def _late_disposal(self, unit: Unit, day: date) -> Iterator[Expected]:
        """A disposal stated of a unit that was told to be gone already."""
        if self._stated_disposed(unit):
            stated = next(one for one in self.attestations if one.disposed and one.bound_to == (f"mac={unit.mac}",))
            if stated.recorded_on == day:
                yield ("removed", unit.name, "device", "attestation")

    def _of_seen(self, unit: Unit, day: date, weak: bool, short: bool, takes: bool) -> Iterator[Expected]:
        now, told = self._truth(unit, day), unit.told
        short = short and unit.line == "hikvision"
        if told is None:
            unit.told = self._by_its_mac(unit, now, day) if weak else replace(now, firmware=0) if short else now
            yield ("replaced" if takes else "new", unit.name, "device", "device")
            return
        if not told.there:
            yield ("returned", unit.name, "device", "device")
        elif told.ip != now.ip:
            yield ("moved", unit.name, "address", "device")
        if weak and told.kind == "unknown":
            now = self._by_its_mac(unit, now, day)
        if weak:
            # What it told before is judged as it is by now.
            now = replace(now, port=told.port, firmware=told.firmware, label=told.label)
        elif short:
            now = replace(now, firmware=told.firmware)
        if told.port and told.port != now.port:
            yield ("moved", unit.name, "switch port", "device")
        if told.firmware and told.firmware != now.firmware:
            yield ("firmware", unit.name, "firmware", "device")
        if told.there:
            yield from self._concluded(unit, told, now)
        unit.told = now

    def _by_its_mac(self, unit: Unit, now: Told, day: date) -> Told:
        """What is known of a unit that never said more than its address."""
        verdict = "review" if unit.line in LISTED and day >= RULE_DAY else "unidentified"
        label = "hikvision" if unit.line == "hikvision" else now.label
        return replace(now, port="", firmware=0, label=label, verdict=verdict, kind="unknown", status="open")

    def _concluded(self, unit: Unit, told: Told, now: Told) -> Iterator[Expected]:
        cause = next((name for name, number in self.great.items() if number == self.current), "device")
        if told.maker != now.maker:
            yield ("recognised", unit.name, "maker", cause)
        elif told.label != now.label and unit.line == "hikvision":
            yield ("recognised", unit.name, "brand", "device")
        elif told.kind != now.kind:
            yield ("recognised", unit.name, "kind", "device")
        if told.verdict != now.verdict:
            yield ("verdict", unit.name, "verdict", cause)
        if told.status != now.status:
            kind = "exception-opened"
            if now.status.startswith("lapsed"):
                kind = "exception-overdue" if now.status.endswith("planned") else "exception-lapsed"
            yield (kind, unit.name, "exception", "exception")


def _within(ip: str, network: str) -> bool:
    return ip_address(ip) in ip_network(network)
