"""What sort of device it is: camera, recorder, something else; out of explicit marks and the model's grammar."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from camscan.identify.match import Hit
from camscan.identify.rules import Knowledge, ModelRule
from camscan.identify.weigh import RANK, Supporters, alone, together
from camscan.model import CAMERA_KINDS, Confidence, Conflict, Kind

PARTICULAR = ("doorbell", "intercom", "encoder", "nvr", "dvr", "camera")
"""Camera kinds, the more particular first: of two equally well shown, the first is meant."""
KINDS: Mapping[str, Kind] = {kind: kind for kind in get_args(Kind)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    """Kind and form, and how well they are known."""

    kind: Kind = "unknown"
    form: str | None = None
    confidence: Confidence | None = None
    conflicts: tuple[Conflict, ...] = ()


def sort_of(
    wire: Supporters, registry: Supporters, grammar: tuple[ModelRule, Hit] | None, form: str | None, *, watched: bool
) -> Sort:
    """Return the kind. wire, registry: the kinds that messages and registrants claim; grammar: what the model says, and where
    it was read; watched: the MAC's registrant makes surveillance only.
    """
    votes = {kind: list(hits) for kind, hits in wire.items() if kind in KINDS}
    if grammar is not None:
        rule, source = grammar
        votes.setdefault(rule.kind, []).append(source._replace(weight=alone(source)))
        form = rule.form or form
    if len(votes) == 1:
        ((kind, hits),) = votes.items()
        if kind in CAMERA_KINDS:
            return Sort(kind=KINDS[kind], form=form, confidence=together(hits))
    if "other" in votes:  # a registrant without cameras supports what the wire says, and says nothing by itself
        votes["other"] += registry.get("other", ())
    cameras = [hit for kind in CAMERA_KINDS for hit in votes.get(kind, ())]
    as_camera = together(cameras)
    software, other = (RANK[together(votes.get(kind, ()))] for kind in ("software", "other"))
    rank, kind = max((software, "software"), (other, "other"))
    if rank and watched and rank == RANK[Confidence.TENTATIVE] and as_camera is None:
        detail = f"marked as {kind}, but its MAC belongs to a company that makes surveillance equipment alone"
        return Sort(conflicts=(Conflict(kind="kind-differs", detail=detail),))
    # A program may stand in front of a camera, at the camera's address or at one that is handed on: of two equal ones it gives way.
    if kind == "software" and rank == RANK[as_camera] == other:
        kind = "other"
    if rank and (rank > RANK[as_camera] or rank == RANK[as_camera] == other):
        both = as_camera is not None
        detail = f"marks of a camera beside marks of {kind}"
        return Sort(
            kind=KINDS[kind],
            confidence=together(votes[kind]),
            conflicts=(Conflict(kind="kind-differs", detail=detail),) if both else (),
        )
    if as_camera is None:
        given = "camera" in registry
        return Sort(kind="camera", form=form, confidence=Confidence.TENTATIVE) if given else Sort(form=form)
    conflicts: tuple[Conflict, ...] = ()
    if rank:
        weak = "weak " if rank < RANK[as_camera] else ""
        conflicts = (Conflict(kind="kind-differs", detail=f"{weak}marks of {kind} beside those of a camera"),)
    chosen = min(CAMERA_KINDS & votes.keys(), key=lambda kind: (-RANK[together(votes[kind])], PARTICULAR.index(kind)))
    if grammar is not None and grammar[0].kind in CAMERA_KINDS:
        chosen = grammar[0].kind
    return Sort(kind=KINDS[chosen], form=form, confidence=as_camera, conflicts=conflicts)


def read_model(model: str, files: Sequence[str], knowledge: Knowledge) -> ModelRule | None:
    """Return what the grammar of the first of these vendor files that knows a model says of it."""
    raw = model.encode()
    for file in files:
        for rule in knowledge.model_rules(file, raw):
            if rule.pattern.search(raw) is not None:
                return rule
    return None
