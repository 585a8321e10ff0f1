"""`camscan identify`: what made the banners that other tools gathered. Offline."""

from __future__ import annotations

import gc
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import nullcontext
from io import BufferedReader
from select import select
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from camscan.cli import options, show
from camscan.cli.exits import ExitCode
from camscan.errors import UsageError
from camscan.report.compact import compact

if TYPE_CHECKING:
    from concurrent.futures import Future

    from camscan.identify.rules import Knowledge
    from camscan.model import Identification

MAX_LINE = 4 << 20
"""Bytes of one line; what is longer is a bad line."""
CHUNK = 1 << 16
"""Bytes read at once: the lines in them are answered together."""
MAX_JOBS = 64
AHEAD = 4
"""Batches a process that are under way before the first of them is waited for."""

Lines = list[tuple[int, bytes | None]]
"""Number and bytes of each line that is not blank; None for one that is too long."""


class Answers(NamedTuple):
    """The answers to some lines, as ASCII, and how many of these are errors."""

    payload: bytes
    bad: int


def identify(
    file: Annotated[str, typer.Argument(metavar="FILE", help="JSON lines; - for standard input.")],
    jobs: Annotated[
        int, typer.Option("--jobs", "-j", metavar="N", min=1, max=MAX_JOBS, help="Processes to spread lines over.")
    ] = 1,
    data: options.DataFolder = None,
) -> None:
    """Identify banners gathered by other tools: one JSON object a line in, one a line out, in order."""
    from camscan.datafiles.open import open_knowledge

    knowledge = open_knowledge(data)
    gc.freeze()  # what is known never goes: the collector need not look through it again and again
    bad = 0
    try:
        # Standard input is not ours to close.
        opened = nullcontext(sys.stdin.buffer) if file == "-" else open(file, "rb")  # noqa: PTH123, SIM115
    except OSError as fault:
        raise UsageError(f"{file}: {fault.strerror}: name a readable file of JSON lines, or - for standard input") from fault
    with opened as source:
        assert isinstance(source, BufferedReader)
        several = in_turn(source, knowledge) if jobs == 1 else spread(source, knowledge, jobs)
        for answers in several:
            bad += answers.bad
            show.result(answers.payload)
    if bad:
        show.closing(f"{file}: {bad} bad {'line' if bad == 1 else 'lines'}, each answered by an error in its place")
        raise typer.Exit(ExitCode.USAGE)


def in_turn(source: BufferedReader, knowledge: Knowledge) -> Iterator[Answers]:
    """Yield the answers to what is there, before more is waited for."""
    answerer = Answerer(knowledge)
    return map(answerer.answers, batches(source))


def spread(source: BufferedReader, knowledge: Knowledge, jobs: int) -> Iterator[Answers]:
    """Yield the answers in order, found by several processes. What is under way is given out before more input is waited for."""
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # The processes are forks: the knowledge is theirs already, and only lines and answers travel.
    with ProcessPoolExecutor(jobs, get_context("fork"), initializer=_equip, initargs=(knowledge,)) as pool:
        under_way: deque[Future[Answers]] = deque()
        for batch in batches(source):
            under_way.append(pool.submit(_answers, batch))
            while under_way and (len(under_way) >= AHEAD * jobs or not select([source], [], [], 0)[0]):
                yield under_way.popleft().result()
        while under_way:
            yield under_way.popleft().result()


def batches(source: BufferedReader) -> Iterator[Lines]:
    """Yield lines as they arrive, those of one read together."""
    number, rest = 0, b""
    overlong = False
    while chunk := source.read1(CHUNK):
        *whole, rest = (rest + chunk).split(b"\n")
        lines: Lines = []
        for raw in whole:
            number += 1
            if overlong or raw.strip():
                lines.append((number, None if overlong or len(raw) > MAX_LINE else raw))
            overlong = False
        if len(rest) > MAX_LINE:
            overlong, rest = True, b""
        if lines:
            yield lines
    if overlong or rest.strip():
        yield [(number + 1, None if overlong else rest)]


class Answerer:
    """Answers lines by what is known."""

    def __init__(self, knowledge: Knowledge) -> None:
        from camscan.cli import messages
        from camscan.identify import engine

        self.knowledge = knowledge
        self.messages = messages
        self.engine = engine

    def answers(self, lines: Iterable[tuple[int, bytes | None]]) -> Answers:
        """Return the answers to some lines, in order."""
        payloads, bad = [], 0
        for number, raw in lines:
            answer = self.answer(number, raw)
            bad += "error" in answer
            payloads.append(compact(answer).encode("ascii"))
        return Answers(b"\n".join([*payloads, b""]), bad)

    def answer(self, number: int, raw: bytes | None) -> dict[str, Any]:
        """Return the answer to one line, or an error object that names the line."""
        if raw is None:
            return {"id": None, "error": f"line {number}: longer than {MAX_LINE} bytes"}
        try:
            line = self.messages.read_line(raw, self.knowledge.fields)
        except self.messages.LineError as fault:
            return {"id": self.messages.id_of(raw), "error": f"line {number}: {fault}"}
        found = self.engine.identify_messages(self.engine.messages_of(line.fields), dict.fromkeys(line.macs, 0), self.knowledge)
        return answer_document(found, line.id)


_equipped: list[Answerer] = []
"""In a process of `spread`: what it answers with."""


def _equip(knowledge: Knowledge) -> None:
    _equipped.append(Answerer(knowledge))


def _answers(lines: Lines) -> Answers:
    return _equipped[0].answers(lines)


def answer_document(found: Identification, name: object) -> dict[str, Any]:
    """Return an identification as `identify` prints it. name: the id of its line."""
    return {
        "id": name,
        "kind": found.kind,
        "form": found.form,
        "brand": found.brand,
        "maker": found.maker,
        "maker_basis": found.maker_basis,
        "model": found.model,
        "firmware": found.firmware,
        "serial": found.serial,
        "confidence": found.confidence,
        "evidence": [
            {
                "fingerprint": one.fingerprint,
                "field": one.field,
                "value": one.value,
                "observation": one.observation,
                "layer": one.layer,
            }
            for one in found.evidence
        ],
        "alternatives": [
            {"brand": one.brand, "maker": one.maker, "confidence": one.confidence, "reason": one.reason}
            for one in found.alternatives
        ],
        "conflicts": [{"kind": one.kind, "detail": one.detail} for one in found.conflicts],
    }
