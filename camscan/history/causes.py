"""Because of what a verdict or an identification differs: the old evidence judged again, one thing after another made as it is now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from camscan.history.changes import Causes, strongest
from camscan.model import Cause, DeviceState

States = Mapping[int, DeviceState]
"""What follows of each device, by its number."""


@dataclass(frozen=True, slots=True)
class Step:
    """What follows once one more thing is as it is now."""

    cause: Cause
    """`data` stands for rules too: where the identification stays the same, it was a rule."""
    states: States


def causes_of(first: States, steps: Sequence[Step]) -> Causes:
    """Return for each device the last step that made a difference; a device that a step does not know is as it was before."""
    verdict: dict[int, Cause] = {}
    identity: dict[int, Cause] = {}
    current = dict(first)
    for step in steps:
        for number, now in step.states.items():
            was = current.get(number)
            if was is None:
                current[number] = now
                continue
            if _recognised_as(was) != _recognised_as(now):
                identity[number] = step.cause
            if _judged_as(was) != _judged_as(now):
                by_rule = step.cause == "data" and _judged_by(was) == _judged_by(now)
                verdict[number] = "rule" if by_rule else step.cause
            current[number] = now
    return Causes(verdict=verdict, identity=identity)


def _recognised_as(state: DeviceState) -> tuple[object, ...]:
    return state.maker, state.brand, state.model, state.kind


def _judged_by(state: DeviceState) -> tuple[object, ...]:
    """Return what rules ask of an identification."""
    return (*_recognised_as(state), state.maker_basis, state.form, state.confidence, state.something_else)


def _judged_as(state: DeviceState) -> tuple[object, ...]:
    return state.verdict, tuple(sorted(strongest(state).items()))
