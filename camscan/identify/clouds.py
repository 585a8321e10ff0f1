"""Whose cloud a name belongs to: the camera clouds that devices call, known by the last labels of their names, or by the port of a relay."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from camscan.model import Grade, Purpose

LONGEST_NAME = 253
"""Characters of a name of the DNS, RFC 1035 §2.3.4; a longer one is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cloud:
    """A service on the internet that cameras call."""

    id: str
    service: str
    """As people call it."""
    purpose: Purpose
    grade: Grade
    who: str | None = None
    """Slug of the company that runs it; None for one that many labels share."""
    suffixes: tuple[str, ...] = ()
    """Names that it has, and all below them; lower case."""
    ports: tuple[str, ...] = ()
    """`32100/udp`: a call there is one to this service, whatever the name."""


@dataclass(frozen=True)
class Clouds:
    """Every cloud that is known."""

    entries: tuple[Cloud, ...] = field(default=())

    def named(self, name: str) -> Cloud | None:
        """Return the cloud that a name belongs to: that of the longest of its endings, in whole labels. At most 127 lookups."""
        if len(name) > LONGEST_NAME:
            return None
        rest = name.lower().removesuffix(".")
        if ".".join(rest.rsplit(".", 2)[-2:]) not in self._domains:
            return None
        known = self._by_suffix
        while rest not in known:
            label, dot, rest = rest.partition(".")
            while label.endswith("\\") and dot:  # a dot inside a label
                label, dot, rest = rest.partition(".")
            if not dot:
                return None
        return known[rest]

    def at_port(self, port: str) -> Cloud | None:
        """Return the relay that is known by a port such as `32100/udp`."""
        return self._by_port.get(port)

    @cached_property
    def _by_suffix(self) -> dict[str, Cloud]:
        return {suffix: cloud for cloud in self.entries for suffix in cloud.suffixes}

    @cached_property
    def _domains(self) -> frozenset[str]:
        """The last two labels of all suffixes: most names are of none of them."""
        return frozenset(".".join(suffix.rsplit(".", 2)[-2:]) for suffix in self._by_suffix)

    @cached_property
    def _by_port(self) -> dict[str, Cloud]:
        return {port: cloud for cloud in self.entries for port in cloud.ports}
