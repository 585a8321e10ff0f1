"""What is known of one device after several looks at it, and whether a later run looked for it in vain."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from camscan.history.closeness import concluding, fades, settled
from camscan.history.sight import Sight
from camscan.model import Attachment, CoverageLevel, DeviceFacts, DeviceState


@dataclass(frozen=True, slots=True)
class Remembered:
    """What was known of a device after all looks at it."""

    facts: DeviceFacts
    """As of the last look, with what that did not show taken from those before."""
    run: str
    """Id of the run that showed what it is recognised as; later ones showed less."""
    last: str
    """Id of the run that saw it last."""
    level: CoverageLevel | None
    """How closely the run looked that saw it last of those that looked where it was; None where it was only heard."""

    def missed_by(self, sight: Sight) -> bool:
        """Return whether a run that did not see it would have, were it still there."""
        return sight.would_have_seen(self.facts.state.site, self.facts.state.ips, self.level)


def remembered(looks: Iterable[tuple[Sight, DeviceFacts]]) -> Remembered | None:
    """Return what is known of a device by the runs that saw it, oldest first; None where none did.

    Of the sights their devices count for nothing.
    """
    newest: tuple[Sight, DeviceFacts] | None = None
    state: DeviceState | None = None
    level: CoverageLevel | None = None
    attached: Attachment | None = None
    run = version = ""
    asked: tuple[DeviceState, DeviceState, bool, bool] | None = None
    for newest in looks:
        sight, seen = newest
        place = seen.state.site, seen.state.ips
        level, attached = sight.level(*place) or level, seen.attached_to or attached
        if state is None:
            state, faded = seen.state, False
        else:
            look = state, seen.state, sight.looked_at(*place) is not None, version == sight.data_version
            if look != asked:  # night after night it is mostly the same
                asked, answer = look, _after_a_look(*look)
            state, faded = answer
        if not faded:
            run, version = sight.run, sight.data_version
    if newest is None or state is None:
        return None
    sight, seen = newest
    return Remembered(replace(seen, state=state, attached_to=attached), run, sight.run, level)


def _after_a_look(before: DeviceState, seen: DeviceState, closely: bool, same_data: bool) -> tuple[DeviceState, bool]:
    """Return what is known of a device after a look, and whether what it is recognised as stays from before."""
    faded = fades(before, seen, closely=closely)
    state = settled(before, seen, by_itself=same_data or faded)
    return (concluding(state, before), True) if faded else (state, False)
