"""Attestations and exceptions in the store: as they read when a run used them, each wording once."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, delete, exists, insert, select

from camscan.model import Attestation, DeviceException, Report
from camscan.report.records import decode
from camscan.store.messages import compact, digest_of
from camscan.store.schema import run_statements, statements
from camscan.store.texts import column_text

ATTESTATION = "attestation"
EXCEPTION = "exception"


def keep(connection: Connection, number: int, report: Report) -> None:
    """Keep those that name a device of the run, whether they held or had lapsed."""
    used = {
        (ATTESTATION, one.attestation.id, compact(one.attestation)) for judged in report.assets for one in judged.attestations
    }
    used |= {(EXCEPTION, one.id, compact(one)) for judged in report.assets for one in judged.exceptions}
    distinct = {digest_of(kind.encode() + document): (kind, name, document) for kind, name, document in sorted(used)}
    numbers = _known(connection, list(distinct))
    fresh = [
        {"digest": digest, "kind": kind, "id": column_text(name), "document": document.decode()}
        for digest, (kind, name, document) in distinct.items()
        if digest not in numbers
    ]
    if fresh:
        connection.execute(insert(statements), fresh)
        numbers = _known(connection, list(distinct))
    if numbers:
        connection.execute(insert(run_statements), [{"run": number, "statement": one} for one in sorted(numbers.values())])


def of_run(connection: Connection, number: int) -> tuple[tuple[Attestation, ...], tuple[DeviceException, ...]]:
    """Return the attestations and exceptions that a run used, by id."""
    rows = connection.execute(
        select(statements.c.kind, statements.c.document)
        .join(run_statements, run_statements.c.statement == statements.c.number)
        .where(run_statements.c.run == number)
        .order_by(statements.c.id)
    ).all()
    return (
        tuple(decode(Attestation, json.loads(row.document), ATTESTATION) for row in rows if row.kind == ATTESTATION),
        tuple(decode(DeviceException, json.loads(row.document), EXCEPTION) for row in rows if row.kind == EXCEPTION),
    )


def remove_unused(connection: Connection) -> None:
    """Remove the wordings that no run refers to."""
    connection.execute(delete(statements).where(~exists().where(run_statements.c.statement == statements.c.number)))


def _known(connection: Connection, digests: Sequence[bytes]) -> dict[bytes, int]:
    asked = select(statements.c.digest, statements.c.number).where(statements.c.digest.in_(digests))
    return {bytes(row.digest): row.number for row in connection.execute(asked)} if digests else {}
