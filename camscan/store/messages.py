"""Observations in the store: each distinct message once, in packs that compress well, and by run when and how often it came."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

import zstandard
from sqlalchemy import Connection, bindparam, delete, exists, func, insert, select, update

from camscan.errors import StoreError
from camscan.model import Observation
from camscan.report.records import RecordError, decode, encode
from camscan.store.instants import after, microseconds
from camscan.store.schema import messages, observed, packs

T = TypeVar("T")

LEVEL = 9
"""Of compression: a night of 2,000 messages takes a twentieth of a second."""
PACK_AT_MOST = 4 * 1024 * 1024
"""Bytes of one pack, unless one message alone is longer."""
UNPACKED_AT_MOST = 64 * 1024 * 1024
"""Bytes beyond which a pack is not ours."""
DIGEST_BYTES = 20
AT_ONCE = 500
"""Values of one question to the database."""
_TIMES = ("first_seen_at", "last_seen_at", "count")


def digest_of(content: bytes) -> bytes:
    """Return what stands for a content: equal ones have equal digests."""
    return hashlib.blake2b(content, digest_size=DIGEST_BYTES).digest()


def compact(record: Any) -> bytes:
    """Return a model value, or JSON values, as one line of plain ASCII."""
    return json.dumps(encode(record), separators=(",", ":"), allow_nan=False).encode("ascii")


def pack(content: bytes) -> bytes:
    """Return a content compressed."""
    return zstandard.ZstdCompressor(level=LEVEL).compress(content)


def unpack(packed: bytes, where: str) -> bytes:
    """Return what was packed. Raises StoreError naming where it stood."""
    try:
        return zstandard.ZstdDecompressor().decompress(packed, max_output_size=UNPACKED_AT_MOST)
    except zstandard.ZstdError as fault:
        raise StoreError(f"{where}: damaged: {fault}") from fault


def batches(values: Sequence[T], size: int = AT_ONCE) -> Iterator[Sequence[T]]:
    """Yield the values in groups."""
    for start in range(0, len(values), size):
        yield values[start : start + size]


def keep(
    connection: Connection, run: int, began: datetime, observations: Sequence[Observation], owners: Mapping[Observation, int]
) -> None:
    """Keep the observations of a run, in order. owners: place of the device in the run's report."""
    lines = [_line(one) for one in observations]
    numbers = _numbers(connection, lines)
    rows = [
        {
            "run": run,
            "place": place,
            "message": numbers[digest_of(line)],
            "sighting": owners.get(one),
            "after_start": microseconds(one.first_seen_at) - microseconds(began),
            "lasted": microseconds(one.last_seen_at) - microseconds(one.first_seen_at),
            "count": one.count,
        }
        for place, (one, line) in enumerate(zip(observations, lines, strict=True))
    ]
    if rows:
        connection.execute(insert(observed), rows)


def kept(connection: Connection, run: int, began: datetime, where: str) -> tuple[Observation, ...]:
    """Return the observations of a run, in order. Raises StoreError naming the place where one is damaged."""
    rows = connection.execute(
        select(
            messages.c.pack,
            messages.c.line,
            messages.c.digest,
            observed.c.after_start,
            observed.c.lasted,
            observed.c.count.label("times"),
        )
        .join(messages, messages.c.number == observed.c.message)
        .where(observed.c.run == run)
        .order_by(observed.c.place)
    ).all()
    lines = _lines(connection, sorted({row.pack for row in rows}), where)
    found = []
    for row in rows:
        held = lines[row.pack]
        if not row.line < len(held) or digest_of(held[row.line]) != bytes(row.digest):
            raise StoreError(f"{where}: pack {row.pack}, line {row.line}: damaged: it is not what was kept")
        began_at = after(began, row.after_start)
        found.append(_observation(held[row.line], began_at, after(began_at, row.lasted), row.times, where))
    return tuple(found)


def remove_unused(connection: Connection) -> int:
    """Remove the messages that no run refers to, also from within their packs, and return how many there were."""
    unused = ~exists().where(observed.c.message == messages.c.number)
    touched = connection.execute(select(messages.c.pack, func.count()).where(unused).group_by(messages.c.pack)).all()
    connection.execute(delete(messages).where(unused))
    for number, _ in touched:
        _rewrite(connection, number)
    return sum(count for _, count in touched)


def count_unused(connection: Connection, runs: Sequence[int], sightings: Mapping[int, Sequence[int]]) -> int:
    """Return how many messages no run would refer to without these runs, and these devices of others by their place."""
    gone: set[int] = set()
    staying: set[int] = set()
    for row in connection.execute(select(observed.c.run, observed.c.message, observed.c.sighting)):
        going = row.run in runs or row.sighting in sightings.get(row.run, ())
        (gone if going else staying).add(row.message)
    return len(gone - staying)


def _line(observation: Observation) -> bytes:
    """Return a message without when and how often it came."""
    record = encode(observation)
    for name in _TIMES:
        del record[name]
    return json.dumps(record, separators=(",", ":"), allow_nan=False).encode("ascii")


def _observation(line: bytes, first: datetime, last: datetime, count: int, where: str) -> Observation:
    try:
        record = {**json.loads(line), "first_seen_at": encode(first), "last_seen_at": encode(last), "count": count}
        return decode(Observation, record, "observation")
    except (ValueError, TypeError, RecordError) as fault:
        raise StoreError(f"{where}: damaged: {fault}") from fault


def _numbers(connection: Connection, lines: Iterable[bytes]) -> dict[bytes, int]:
    """Return the number of each message by its digest; those that are new are packed first."""
    distinct = {digest_of(line): line for line in lines}
    known = _known(connection, list(distinct))
    fresh = [(digest, line) for digest, line in distinct.items() if digest not in known]
    while fresh:
        taken, size = 0, 0
        while taken < len(fresh) and (not taken or size + len(fresh[taken][1]) <= PACK_AT_MOST):
            size += len(fresh[taken][1])
            taken += 1
        _pack(connection, fresh[:taken])
        fresh = fresh[taken:]
    return known | _known(connection, [digest for digest in distinct if digest not in known])


def _known(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, int]:
    found: dict[bytes, int] = {}
    for some in batches(digests):
        rows = connection.execute(select(messages.c.digest, messages.c.number).where(messages.c.digest.in_(some)))
        found |= {bytes(row.digest): row.number for row in rows}
    return found


def _pack(connection: Connection, fresh: Sequence[tuple[bytes, bytes]]) -> None:
    content = pack(b"\n".join(line for _, line in fresh))
    (number,) = connection.execute(insert(packs).values(content=content)).inserted_primary_key or (None,)
    connection.execute(
        insert(messages), [{"digest": digest, "pack": number, "line": line} for line, (digest, _) in enumerate(fresh)]
    )


def _lines(connection: Connection, numbers: Sequence[int], where: str) -> dict[int, list[bytes]]:
    found: dict[int, list[bytes]] = {}
    for some in batches(numbers):
        for row in connection.execute(select(packs).where(packs.c.number.in_(some))):
            found[row.number] = unpack(bytes(row.content), f"{where}: pack {row.number}").split(b"\n")
    return found


def _rewrite(connection: Connection, number: int) -> None:
    """Put a pack in its own place without the lines that no message refers to."""
    rows = connection.execute(
        select(messages.c.number, messages.c.line).where(messages.c.pack == number).order_by(messages.c.line)
    ).all()
    if not rows:
        connection.execute(delete(packs).where(packs.c.number == number))
        return
    lines = _lines(connection, [number], "the store")[number]
    content = pack(b"\n".join(lines[row.line] for row in rows))
    connection.execute(update(packs).where(packs.c.number == number).values(content=content))
    moved = [{"of": row.number, "to": line} for line, row in enumerate(rows) if row.line != line]
    if moved:
        connection.execute(update(messages).where(messages.c.number == bindparam("of")).values(line=bindparam("to")), moved)
