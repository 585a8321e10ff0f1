"""The negative control: a mark of a page that a device shows for a path that no device has says nothing of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from camscan.identify.match import Hit, hits_of_message
from camscan.identify.rules import Knowledge
from camscan.model import Fields

CONTROL = "http.control."
PAGE_FIELDS = frozenset({"http.title", "http.body", "http.favicon.mmh3", "http.favicon.md5"})
"""Fields in which a server that answers everything alike bears the marks of anything."""
REPLACED = PAGE_FIELDS | {"http.status"}
"""Fields of a front page in whose place the control's stand."""
MAX_CONTROLS = 4
"""Different answers to the control that are looked at; a run asks a device once."""


def split(hits: Iterable[Hit], messages: Sequence[Fields], knowledge: Knowledge) -> tuple[list[Hit], list[Hit]]:
    """Return the hits that stand, and those on a title, body or favicon that hold in the answer to the control just as well."""
    if not any(name.startswith(CONTROL) for said in messages for name, _ in said):
        return list(hits), []
    controls = sorted({answer for said in messages if (answer := answer_of(said))})[:MAX_CONTROLS]
    void = {
        (number, entry)
        for number, said in enumerate(messages)
        if any(name in PAGE_FIELDS for name, _ in said)
        for entry in alike(said, controls, knowledge)
    }
    stand: list[Hit] = []
    aside: list[Hit] = []
    for hit in hits:
        (aside if (hit.message, hit.evidence.fingerprint) in void else stand).append(hit)
    return stand, aside


def answer_of(said: Fields) -> Fields:
    """Return what the answer to the control says, under the names that a front page has; empty where none was heard."""
    return tuple((f"http.{name.removeprefix(CONTROL)}", value) for name, value in said if name.startswith(CONTROL))


def alike(said: Fields, controls: Sequence[Fields], knowledge: Knowledge) -> set[str]:
    """Return the fingerprints that hold with a control's page in place of the front page, and not without any page."""
    rest = tuple(pair for pair in said if pair[0] not in PAGE_FIELDS)
    others = tuple(pair for pair in rest if pair[0] not in REPLACED)
    with_control = {entry for answer in controls for entry in holding(tuple(sorted({*others, *answer})), knowledge)}
    return with_control - holding(rest, knowledge) if with_control else set()


def holding(said: Fields, knowledge: Knowledge) -> set[str]:
    """Return the fingerprints that hold in one message."""
    return {hit.evidence.fingerprint for hit in hits_of_message(said, 0, knowledge)}
