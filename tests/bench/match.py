"""The matcher beside the same patterns tried one by one with `re`, and in one google-re2 Set a field; one process."""

from __future__ import annotations

import re
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import re2

from camscan.datafiles.knowledge import load_knowledge
from camscan.identify.match import hits_of_message
from camscan.identify.pattern import Pattern
from camscan.identify.rules import Knowledge
from tests.bench.values import ROOT, distinct_values, filled_up

VALUES = 20_000
RUNS = 5
ONE_BY_ONE = 400
"""Values that the slow yardstick gets."""
FILLED = 5_000

Values = Sequence[tuple[str, str]]


def rate(matcher: Callable[[str, str], int], values: Values, runs: int = RUNS) -> float:
    """Return values a second of processor time, the median of some runs after one that is not counted."""
    taken = []
    for number in range(runs + 1):
        started = time.process_time()
        for name, value in values:
            matcher(name, value)
        if number:
            taken.append(time.process_time() - started)
    return len(values) / statistics.median(taken)


def ours(knowledge: Knowledge) -> Callable[[str, str], int]:
    """Return what counts the entries that hold in a value, claims and captures filled in."""
    return lambda name, value: sum(1 for _ in hits_of_message(((name, value),), 0, knowledge))


def source(pattern: Pattern) -> str:
    """Return a pattern as a regular expression."""
    literal = re.escape(pattern.text)
    text = {
        "exact": f"^{literal}$",
        "prefix": f"^{literal}",
        "suffix": f"{literal}$",
        "contains": literal,
        "regex": pattern.text,
        "any": "",
    }[pattern.mode]
    return ("(?i)" if pattern.ignore_case else "") + text


def patterns_by_field(knowledge: Knowledge) -> dict[str, list[bytes]]:
    """Return the regular expressions that are looked for first, by field."""
    table: dict[str, list[bytes]] = {}
    for entry in knowledge.fingerprints:
        table.setdefault(entry.conditions[0].field, []).append(source(entry.conditions[0].pattern).encode())
    return table


def one_by_one(knowledge: Knowledge) -> Callable[[str, str], int]:
    """Return what tries every pattern of a field with Python's `re`."""
    table = {
        name: [re.compile(text.replace(rb"\z", rb"\Z").replace(b"[[:", b"[:"), re.DOTALL) for text in texts]
        for name, texts in patterns_by_field(knowledge).items()
    }
    return lambda name, value: sum(1 for one in table.get(name, ()) if one.search(value.encode()) is not None)


def one_set(knowledge: Knowledge) -> Callable[[str, str], int]:
    """Return what asks one google-re2 Set a field which of its patterns hold; it captures nothing."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.dot_nl = True
    options.max_mem = 64 << 20
    options.log_errors = False
    table = {}
    for name, texts in patterns_by_field(knowledge).items():
        table[name] = re2.Set.SearchSet(options)
        for text in texts:
            table[name].Add(text)
        table[name].Compile()
    return lambda name, value: len(table[name].Match(value.encode()) or ()) if name in table else 0


def match() -> None:
    """How many distinct values a second the matcher answers."""
    knowledge, values = load_knowledge(ROOT), distinct_values(VALUES)
    own = 0.0
    for title, known in (("shipped", knowledge), ("filled up at random", filled_up(knowledge, FILLED))):
        speed = rate(ours(known), values)
        own = own or speed
        sys.stdout.write(f"\nmatch: {VALUES} distinct values, {len(known.fingerprints)} entries ({title})\n")
        sys.stdout.write(f"  {'camscan':<28} {speed:9.0f} a second\n")
        for name, matcher, some in (
            ("google-re2 Set", one_set(known), values),
            ("re, one by one", one_by_one(known), values[:ONE_BY_ONE]),
        ):
            theirs = rate(matcher, some, 1)
            sys.stdout.write(f"  {name:<28} {theirs:9.0f} a second   camscan does {speed / theirs:.2f} x\n")
