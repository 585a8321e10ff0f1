from __future__ import annotations

import pytest

from camscan.identify.literals import mandatory_literals

CASES = [
    (r"^IP Camera\([0-9]{4}\)$", {"\0ip camera(0", "\0ip camera(1"}),
    (r"^(?:DS-|iDS-)K", {"\0ds-k", "\0ids-k"}),
    (r"ab(?:cde)?f", {"abf", "abcdef"}),
    (r"abc*de", {"ab"}),
    (r"abc+de", {"abc"}),
    (r"abc+def", {"cdef"}),
    (r"abc{0,3}d", {"ab"}),
    (r"x(?:abcd|efgh)y", {"xabcdy", "xefghy"}),
    (r"D(?:CS|NR)-.*", {"dcs-", "dnr-"}),
    (r"[Nn]ame[^ ]+x", {"name"}),
    (r"(?:^|[ -])GO", {"\0go", " go", "-go"}),
    (r"GO(?: |$)", {"go ", "go\0"}),
    (r"^^GO$", {"\0go\0"}),
    (r"(?m)^GO$", {"go"}),
    (r"\AGO\z", {"\0go\0"}),
    (r"abcd|e", {"abcd", "e"}),
    (r"abcd|[a-z0-9]+|.*", {""}),
    (r"[]x]abc", {"]abc", "xabc"}),
    (r"[^\]]abc", {"abc"}),
    (r"[\w-]abc", {"abc"}),
    (r"[[:alpha:]]abc", {"abc"}),
    (r"\babc", {"abc"}),
    (r"(?i)aBc", {"abc"}),
    (r"\p{Lu}abc\.d", {"abc.d"}),
    (r"\x41bc", {"bc"}),
    (r"\101bc", {"bc"}),
    (r"\Qa+\E", {""}),
    (r"a{x", {"a{x"}),
    (r"(?i)äbc", {"bc"}),
    (r".*", {""}),
    (r"", {""}),
]


@pytest.mark.parametrize(("pattern", "literals"), CASES, ids=[case[0] for case in CASES])
def test_literals_that_any_match_holds_one_of(pattern: str, literals: set[str]) -> None:
    found = {text.decode() for text in mandatory_literals(pattern)}
    assert found >= literals
    assert pattern.startswith("^IP") or found == literals


def test_letters_beyond_ascii_are_bytes_where_case_counts_and_unknown_where_it_does_not() -> None:
    assert mandatory_literals("Ä-b") == {"Ä-b".encode()}
    assert mandatory_literals("Ä-bc", ignore_case=True) == {b"-bc"}


def test_too_many_alternatives_are_left_out_rather_than_listed() -> None:
    assert mandatory_literals("(?:" + "|".join(f"a{n}b" for n in range(1000)) + ")") == {b""}
    assert mandatory_literals("[0-9][0-9][0-9][0-9]abc") >= {b"0abc", b"9abc"}
