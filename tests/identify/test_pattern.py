from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.identify.index import LiteralIndex
from camscan.identify.pattern import BYTES_EDGE, Pattern

CASES = [
    (Pattern("exact", "ACME"), b"ACME", True),
    (Pattern("exact", "ACME"), b"ACME ", False),
    (Pattern("exact", "AcMe", ignore_case=True), b"aCmE", True),
    (Pattern("prefix", "AC"), b"ACME", True),
    (Pattern("suffix", "ME"), b"ACME", True),
    (Pattern("suffix", "ME"), b"MEAC", False),
    (Pattern("contains", "cm", ignore_case=True), b"ACME", True),
    (Pattern("any"), b"", True),
    (Pattern("regex", r"^A.+E$"), b"AC\nME", True),
    (Pattern("regex", r"^A.+E$"), b"ACME\n", False),
    (Pattern("regex", r"\xff[0-9]"), b"\xff7", True),
]


@pytest.mark.parametrize(("pattern", "raw", "holds"), CASES, ids=repr)
def test_each_mode_holds_as_it_says(pattern: Pattern, raw: bytes, holds: bool) -> None:
    assert (pattern.search(raw) is not None) is holds


def test_captures_are_the_rest_or_the_named_groups_that_took_part() -> None:
    def captures(pattern: Pattern, raw: bytes) -> dict[str, bytes]:
        found = pattern.search(raw)
        assert found is not None
        return dict(found.captures)

    assert captures(Pattern("prefix", "AC"), b"ACME") == {"value": b"ACME", "rest": b"ME"}
    assert captures(Pattern("suffix", "ME"), b"ACME") == {"value": b"ACME", "rest": b"AC"}
    assert captures(Pattern("regex", "(?P<a>x)|(?P<b>y)"), b"y") == {"value": b"y", "b": b"y"}


TEXTS = st.text(alphabet="abcdXY-_.", min_size=1, max_size=4)
ATOMS = st.one_of(
    TEXTS.map(lambda t: t.replace(".", r"\.")),
    st.sampled_from(["[ab]", "[^a]", ".", r"\d", r"\x61", r"\141b", "(?:ab|cd)", "(?P<g>abc)", "(?:abcd)?", "a*", "b+", "b+?"]),
    st.sampled_from(
        [
            "(?:xyz|abc){2}",
            "(?:ab|c){0,1}",
            "a{2,3}",
            "^",
            "$",
            r"\b",
            "(?:^|-)",
            "(?:_|$)",
            "|",
            "(?i)",
            "(?m)",
            "\n",
            "ä",
            "Ä?",
        ]
    ),
)


@given(
    st.lists(ATOMS, min_size=1, max_size=5),
    st.lists(TEXTS | st.sampled_from(["\n", "ä", "Ä", "\0"]), max_size=8),
    st.booleans(),
)
def test_a_value_that_matches_always_holds_one_of_the_literals(atoms: list[str], texts: list[str], ignore_case: bool) -> None:
    try:
        pattern = Pattern("regex", "".join(atoms), ignore_case=ignore_case)
        pattern.compiled()
    except ValueError:
        return  # the same group twice
    raw = "".join(texts).encode()
    if pattern.search(raw) is None:
        return
    marked = pattern.marked_literals()
    assert not marked or any(literal in BYTES_EDGE + raw.lower() + BYTES_EDGE for literal in marked)
    assert not pattern.literals() or any(literal in raw.lower() for literal in pattern.literals())


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "(", "a{9999}"])
def test_what_re2_refuses_is_refused_with_its_reason(pattern: str) -> None:
    with pytest.raises(ValueError, match="RE2 refuses"):
        Pattern("regex", pattern).compiled()


def test_prefilter_offers_what_may_hold_and_nothing_else() -> None:
    patterns = [
        Pattern("exact", "Acme"),
        Pattern("regex", "[a-z]+"),
        Pattern("contains", "webs"),
        Pattern("regex", "^(?:foo|ba)"),
    ]
    index = LiteralIndex([(pattern, number) for number, pattern in enumerate(patterns)])
    assert index.candidates(b"ACME") == [0, 1]
    assert index.candidates(b"the ACME thing") == [1]
    assert index.candidates(b"BA-WEBS") == [1, 2, 3]
    assert index.candidates(b"WEBS-BA") == [1, 2]
    assert LiteralIndex([]).candidates(b"x") == []


def test_nested_repeats_over_4_kib_are_answered() -> None:
    pattern = Pattern("regex", "^(a+)+$")
    assert pattern.search(b"a" * 4096 + b"!") is None
