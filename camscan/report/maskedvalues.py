"""How each kind of value stands in a redacted report: sentences, names of products, keys, and what devices said. Pure."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import replace
from enum import StrEnum
from functools import cache
from typing import Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from camscan.model import Fields, Observation, Report
from camscan.report.masks import Kind, Masks
from camscan.report.noted import CALLS, clouds_of, note_all
from camscan.report.said import kind_of_fact, kind_of_field
from camscan.report.withheld import refuse_unmasked

TO_THE_DAY = frozenset({"tls.not_before", "tls.not_after"})
T = TypeVar("T")


class MaskedValues:
    """The values of one report, each written with its masks."""

    def __init__(self, report: Report, observations: Sequence[Observation]) -> None:
        self._masks = Masks()
        self._fields: dict[tuple[str, str], str] = {}
        self._sentences: dict[str, str] = {}
        self._messages: dict[int, tuple[Observation, Observation]] = {}
        """By identity: the same message stands in an asset and in what a run keeps."""
        self._abroad = clouds_of(report)
        products = (text for one in report.assets for text in (one.identification.model, one.identification.firmware) if text)
        self._kept = self._abroad.union(products)
        """Words that may look like addresses of the site and are none."""
        note_all(self._masks, report, observations, self._abroad)
        entries = {entry.device for one in report.assets for entry in one.exceptions}
        stated = {one.attestation.device for judged in report.assets for one in judged.attestations}
        self._keys = sorted(entries | stated | {one.asset.key for one in report.assets})

    def refuse_unmasked(self, masked: Report) -> None:
        """Raise DeliveryError where something that the operator stated still stands in a sentence of the masked report."""
        refuse_unmasked(masked, self._masks.stated, self._masks.given)

    def text(self, text: str) -> str:
        """Return a sentence of ours, or words of a person."""
        if text not in self._sentences:
            self._sentences[text] = self._masks.in_text(text, stated=True, kept=self._kept)
        return self._sentences[text]

    def texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Return sentences, each as `text` does."""
        return tuple(map(self.text, texts))

    def warning(self, text: str) -> str:
        """Return a warning; what it names a device by is written as the key is."""
        for key in self._keys:
            head, found, tail = text.partition(f" of {key} ")
            if found:
                return f"{self.text(head)} of {self.key(key)} {self.text(tail)}"
        return self.text(text)

    def of_product(self, text: str) -> str:
        """Return what names a product; only what tells one device from another is masked in it."""
        return self._masks.in_text(text, whole=False, kept=frozenset({text}))

    def mask(self, kind: Kind, text: str) -> str:
        """Return the mask of a value; what is empty stays."""
        return self._masks.of(kind, text) if text else text

    def key(self, key: str) -> str:
        """Return the key of a device: `mac:…`, `serial:<maker>:…` or `ip:<site>:…`."""
        kind, _, rest = key.partition(":")
        if kind == "mac":
            return f"mac:{self.mask('mac', rest)}"
        if kind == "serial":
            maker, _, serial = rest.partition(":")
            return f"serial:{maker}:{self.mask('serial', serial)}"
        if kind == "ip":
            site, _, place = rest.partition(":")
            shown = self._masks.in_text(place)
            return f"ip:{self.mask('site', site)}:{shown if shown != place else self.mask('text', place)}"
        return self.mask("text", key)

    def field(self, name: str, value: str) -> str:
        """Return what a device said in one field."""
        if (name, value) not in self._fields:
            kind = kind_of_field(name)
            if name in TO_THE_DAY:
                self._fields[name, value] = _midnight(value)
            elif kind is None or (name in CALLS and value in self._abroad):
                self._fields[name, value] = self.of_product(value)
            else:
                self._fields[name, value] = self.mask(kind, value)
        return self._fields[name, value]

    def _all_fields(self, fields: Fields) -> Fields:
        return tuple(sorted((name, self.field(name, value)) for name, value in fields))

    def said(self, name: str, value: str) -> str:
        """Return what a fingerprint reads out of a value: `serial`, `mac`, `model` and the like."""
        kind = kind_of_fact(name)
        return self.of_product(value) if kind is None else self.mask(kind, value)

    def mark(self, text: str) -> str:
        """Return a mark that a statement is bound to: `field=value`."""
        name, sign, value = text.partition("=")
        return f"{name}{sign}{self.field(name, value)}"

    def observation(self, seen: Observation) -> Observation:
        """Return a message, masked and without its bytes."""
        if id(seen) not in self._messages:
            self._messages[id(seen)] = (seen, self._masked(seen))
        return self._messages[id(seen)][1]

    def _masked(self, seen: Observation) -> Observation:
        return replace(
            seen,
            site=self.mask("site", seen.site),
            ip=self.mask("address", seen.ip) if seen.ip else None,
            link_mac=self.mask("mac", seen.link_mac) if seen.link_mac else None,
            fields=self._all_fields(seen.fields),
            raw=b"",
        )

    def walked(self, value: T) -> T:
        """Return a value whose every text may be a sentence of ours; closed lists of words and slugs stay."""
        made: T = self._walk(value)
        return made

    def _walk(self, value: Any) -> Any:
        if isinstance(value, StrEnum):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, tuple):
            return tuple(map(self._walk, value))
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            return replace(value, **{name: self._walk(getattr(value, name)) for name in _open_texts(type(value))})
        return value


def _midnight(value: str) -> str:
    """Return an instant (`tls.not_before`) as the beginning of its day: to the second it tells one device from all others."""
    day, sign, _ = value.partition("T")
    return f"{day}{sign}00:00:00Z" if sign else value


_SLUGS = frozenset({"brand", "maker", "kind"})


@cache
def _open_texts(kind: type[Any]) -> tuple[str, ...]:
    """Return the attributes of a record whose text is no word of a closed list."""
    hints = get_type_hints(kind)
    closed = {name for name, hint in hints.items() if any(get_origin(one) is Literal for one in (hint, *get_args(hint)))}
    return tuple(field.name for field in dataclasses.fields(kind) if field.name not in closed | _SLUGS)
