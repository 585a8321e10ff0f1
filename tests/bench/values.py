"""Values to match: those of the shipped entries' examples, each with a random suffix, so that no two are alike."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from camscan.datafiles.knowledge import vendor_files
from camscan.identify.pattern import Pattern
from camscan.identify.rules import Condition, Knowledge

ROOT = Path(__file__).parents[2] / "fingerprints"
SEED = 7


def example_values() -> Iterator[tuple[str, str]]:
    """Yield the field and the value of every example and counter-example that is shipped."""
    for _, entry in vendor_files(ROOT):
        for one in entry.fingerprint:
            for example in one.examples:
                if example.fields is not None:
                    yield from example.fields.items()
                elif example.text is not None and one.field is not None:
                    yield one.field, example.text
            yield from ((one.field, text) for text in one.counter if isinstance(text, str) and one.field is not None)


def distinct_values(count: int) -> list[tuple[str, str]]:
    """Return as many values, in random order, each with a suffix of its own; the same in every run."""
    chance = random.Random(SEED)
    known = sorted(set(example_values()))
    return [(name, f"{text} {chance.randrange(1 << 40):010x}") for name, text in chance.choices(known, k=count)]


def filled_up(knowledge: Knowledge, count: int) -> Knowledge:
    """Return knowledge with random entries more, each with a literal of its own, up to a count."""
    chance = random.Random(SEED)
    more = []
    for number in range(count - len(knowledge.fingerprints)):
        like = chance.choice(knowledge.fingerprints)
        text = f"{chance.randrange(1 << 48):012x}"
        condition = Condition(field=like.conditions[0].field, pattern=Pattern("regex", f"^{text}-(?P<model>[0-9A-Z]+)"))
        gives = (("model", "{model}"),)
        more.append(replace(like, id=f"random.{number}", conditions=(condition,), none=(), gives=gives, templates=True))
    return replace(knowledge, fingerprints=(*knowledge.fingerprints, *more))
