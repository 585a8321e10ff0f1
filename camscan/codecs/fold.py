"""Equal messages become one observation with a count; in whatever order and groups they are folded, the result is the same."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from camscan.model import Observation

_Identity = tuple[object, ...]


def fold(observations: Iterable[Observation]) -> tuple[Observation, ...]:
    """Return the distinct observations, sorted: who said what by which way, whatever the port and the message ids."""
    distinct: dict[_Identity, Observation] = {}
    for observation in observations:
        identity = _identity(observation)
        known = distinct.get(identity)
        distinct[identity] = observation if known is None else _joined(known, observation)
    return tuple(sorted(distinct.values(), key=Observation.order))


def _identity(observation: Observation) -> _Identity:
    return (
        observation.site,
        observation.ip,
        observation.link_mac,
        observation.protocol,
        observation.fields,
        observation.via,
    )


def _joined(one: Observation, other: Observation) -> Observation:
    smaller = min(one, other, key=_example)
    return replace(
        smaller,
        collector=min(one.collector, other.collector),
        first_seen_at=min(one.first_seen_at, other.first_seen_at),
        last_seen_at=max(one.last_seen_at, other.last_seen_at),
        count=one.count + other.count,
        outside_scope=one.outside_scope or other.outside_scope,
    )


def _example(observation: Observation) -> tuple[bytes, int, bool]:
    """Order the messages that may stand for all: those parts of an observation that belong to one message go together."""
    return (observation.raw, observation.port or 0, observation.truncated)
