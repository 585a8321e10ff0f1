"""Equal messages become one observation with a count; in whatever order and groups they are folded, the result is the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from camscan.model import Observation

Identity = tuple[object, ...]
"""By which observations are equal."""


def fold(observations: Iterable[Observation]) -> tuple[Observation, ...]:
    """Return the distinct observations, sorted: who said what by which way, whatever the port and the message ids."""
    distinct: dict[Identity, list[Observation]] = {}
    for observation in observations:
        distinct.setdefault(identity_of(observation), []).append(observation)
    return tuple(sorted(map(_joined, distinct.values()), key=Observation.order))


def identity_of(observation: Observation) -> Identity:
    """Return who said what by which way, whatever the port and the message ids."""
    return (
        observation.site,
        observation.ip,
        observation.link_mac,
        observation.protocol,
        observation.fields,
        observation.via,
    )


def _joined(equal: list[Observation]) -> Observation:
    if len(equal) == 1:
        return equal[0]
    return replace(
        min(equal, key=example),
        collector=min(one.collector for one in equal),
        first_seen_at=min(one.first_seen_at for one in equal),
        last_seen_at=max(one.last_seen_at for one in equal),
        count=sum(one.count for one in equal),
        outside_scope=any(one.outside_scope for one in equal),
    )


def example(observation: Observation) -> tuple[bytes, int, bool]:
    """Order the messages that may stand for all: those parts of an observation that belong to one message go together."""
    return (observation.raw, observation.port or 0, observation.truncated)
