"""The negative control: a mark of a page that a device shows for a path that no device has says nothing of it."""

from __future__ import annotations

from collections.abc import Sequence

from camscan.identify.match import Hit, hits_of_message
from camscan.identify.rules import Knowledge
from camscan.model import Fields, Observation

CONTROL = "http.control."
PAGE_FIELDS = frozenset({"http.title", "http.body", "http.favicon.mmh3", "http.favicon.md5"})
"""Fields in which a server that answers everything alike bears the marks of anything."""
REPLACED = PAGE_FIELDS | {"http.status"}
"""Fields of a front page in whose place the control's stand."""
MAX_CONTROLS = 4
"""Different answers to the control that are looked at; a run asks a device once."""


def split(
    hits: Sequence[Hit], observations: Sequence[Observation], knowledge: Knowledge
) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
    """Return the hits that stand, and those on a title, body or favicon that hold in the answer to the control just as well."""
    controls = sorted({answer for one in observations if (answer := answer_of(one))})[:MAX_CONTROLS]
    if not controls:
        return tuple(hits), ()
    void = {
        (number, entry)
        for number, one in enumerate(observations)
        if any(name in PAGE_FIELDS for name, _ in one.fields)
        for entry in alike(one.fields, controls, knowledge)
    }
    stand = tuple(hit for hit in hits if (hit.message, hit.evidence.fingerprint) not in void)
    return stand, tuple(hit for hit in hits if (hit.message, hit.evidence.fingerprint) in void)


def answer_of(observation: Observation) -> Fields:
    """Return what the answer to the control says, under the names that a front page has; empty where none was heard."""
    return tuple(
        (f"http.{name.removeprefix(CONTROL)}", value) for name, value in observation.fields if name.startswith(CONTROL)
    )


def alike(said: Fields, controls: Sequence[Fields], knowledge: Knowledge) -> set[str]:
    """Return the fingerprints that hold with a control's page in place of the front page, and not without any page."""
    rest = tuple(pair for pair in said if pair[0] not in PAGE_FIELDS)
    others = tuple(pair for pair in rest if pair[0] not in REPLACED)
    with_control = {entry for answer in controls for entry in holding(tuple(sorted({*others, *answer})), knowledge)}
    return with_control - holding(rest, knowledge) if with_control else set()


def holding(said: Fields, knowledge: Knowledge) -> set[str]:
    """Return the fingerprints that hold in one message."""
    return {hit.evidence.fingerprint for hit in hits_of_message(said, 0, knowledge)}
