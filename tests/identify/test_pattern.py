from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.identify.index import LiteralIndex
from camscan.identify.pattern import Pattern, mandatory_literals

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


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        (r"^IP Camera\([0-9]{4}\)$", ("IP Camera(",)),
        (r"^(?:DS-|iDS-)[0-9]", ("DS-", "iDS-")),
        (r"ab(?:cde)?f", ("ab",)),
        (r"abc*de", ("ab",)),
        (r"abc+de", ("abc",)),
        (r"abc{0,3}de", ("ab",)),
        (r"x(?:abcd|efgh)y", ("abcd", "efgh")),
        (r"abcd|e", ("abcd", "e")),
        (r"abcd|[e]", ()),
        (r"[]x]abc", ("abc",)),
        (r"[^\]]abc", ("abc",)),
        (r"[[:alpha:]]abc", ("abc",)),
        (r"\babc\d", ("abc",)),
        (r"(?i)abc", ("abc",)),
        (r"\p{Lu}abc\.d", ("abc.d",)),
        (r"\x41bc", ("bc",)),
        (r"[0-9]+", ()),
        (r"", ()),
    ],
)
def test_mandatory_literals_of_a_pattern(pattern: str, literals: tuple[str, ...]) -> None:
    assert mandatory_literals(pattern) == literals


TEXTS = st.text(alphabet="abcdXY-_.", min_size=1, max_size=6)
ATOMS = st.one_of(
    TEXTS.map(lambda t: t.replace(".", r"\.")),
    st.sampled_from(["[ab]", ".", r"\d", "(?:ab|cd)", "(?P<g>abc)", "(?:abcd)?", "a*", "b+", "(?:xyz|abc){2}", "^", r"\b"]),
)


@given(st.lists(ATOMS, min_size=1, max_size=4), st.lists(TEXTS, min_size=1, max_size=8), st.booleans())
def test_a_value_that_matches_always_holds_one_of_the_literals(atoms: list[str], texts: list[str], ignore_case: bool) -> None:
    try:
        pattern = Pattern("regex", "".join(atoms), ignore_case=ignore_case)
        pattern.compiled()
    except ValueError:
        return  # the same group twice
    raw = "".join(texts).encode()
    literals = pattern.literals()
    if literals and pattern.search(raw) is not None:
        assert any(literal in raw.lower() for literal in literals)


@pytest.mark.parametrize("pattern", ["(?=a)b", r"(a)\1", "(", "a{9999}"])
def test_what_re2_refuses_is_refused_with_its_reason(pattern: str) -> None:
    with pytest.raises(ValueError, match="RE2 refuses"):
        Pattern("regex", pattern).compiled()


def test_prefilter_offers_what_may_hold_and_nothing_else() -> None:
    index = LiteralIndex(
        [Pattern("exact", "Acme"), Pattern("regex", "[0-9]+"), Pattern("contains", "webs"), Pattern("regex", "foo|barr")]
    )
    assert index.candidates(b"the ACME thing") == [0, 1]
    assert index.candidates(b"BARR-WEBS") == [1, 2, 3]
    assert LiteralIndex([]).candidates(b"x") == []


def test_nested_repeats_over_4_kib_are_answered() -> None:
    pattern = Pattern("regex", "^(a+)+$")
    assert pattern.search(b"a" * 4096 + b"!") is None
