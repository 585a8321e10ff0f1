"""Secrets whose names are written in escapes, stand around them or are no names at all; and what is no secret there."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs import secrets
from camscan.codecs.escapes import seen_through


@pytest.mark.parametrize(
    "text",
    [
        rb'{"passw\u006frd": "%s"}',
        rb'{"\u0070\u0061\u0073\u0073\u0077\u006F\u0072\u0064": "%s"}',
        rb"{\"passw\\u006frd\": \"%s\"}",
        rb"var o = {'p\x61ssword': '%s'}",
        b"a=1&passw%%6frd=%s&b=1",
        b"passw%%256Frd=%s",
        b'<input name="passw&#111;rd" value="%s">',
        b'<input name="passw&#x6f;rd" value="%s">',
    ],
)
def test_a_name_is_seen_through_its_escapes(text: bytes) -> None:
    kept = secrets.cut(text % b"hunter2")
    assert kept == text % b"*******"
    assert b"hunter2" in secrets.values(text % b"hunter2")


@pytest.mark.parametrize(
    "text",
    [
        rb'{"m\u006fdel": "DS-2CD2032-I"}',
        b"model=DS%2D2CD2032%2DI",
        b"<title>&#72;IKVISION &#x44;S-2CD</title>",
        b"\\u00",
        b"&#;%",
    ],
)
def test_of_other_names_in_escapes_nothing_is_cut(text: bytes) -> None:
    assert secrets.cut(text) == text


@given(
    st.lists(
        st.sampled_from([b"a", b"\\u0061", b"\\x61", b"%61", b"&#97;", b"&#x61;", b"%2", b"\\", b" ", b"%20"]), max_size=12
    )
)
def test_each_place_of_a_text_without_escapes_leads_back_to_where_it_stood(parts: list[bytes]) -> None:
    raw = b"".join(parts)
    plain = seen_through(raw)
    if plain is None:
        return
    places = [plain.place(at) for at in range(len(plain.text) + 1)]
    assert places == sorted(set(places))
    assert (places[0], places[-1]) == (0, len(raw))
    assert all(
        plain.text[at : at + 1] == raw[begin:end] or plain.text[at : at + 1] == b"a"
        for at, (begin, end) in enumerate(pairwise(places))
    )


@pytest.mark.parametrize("element", [b"select", b"datalist"])
def test_options_behind_the_name_of_a_secret_are_cut(element: bytes) -> None:
    text = b'<%s id="password"><option value="hunter2">hunter2</option><option selected value=hunter2></%s><p title="value=7">DCS-930L</p>'
    kept = secrets.cut(text % (element, element))
    assert b"hunter2" not in kept
    assert kept.endswith(b'<p title="value=7">DCS-930L</p>')


def test_options_behind_another_name_are_kept() -> None:
    text = b'<input name="password"><select name="model"><option value="DCS-930L">DCS-930L</option></select>'
    assert secrets.cut(text) == text


@pytest.mark.parametrize(
    "text",
    [
        b"GET /login/admin/hunter2 HTTP/1.1",
        b"/cgi/login/root/hunter2?x=1",
        b'<a href="/login/888888/hunter2">',
        b'{"url":"/login/admin/hunter2"}',
    ],
)
def test_what_stands_behind_login_and_a_usual_name_in_a_path_is_cut(text: bytes) -> None:
    assert secrets.cut(text) == text.replace(b"hunter2", b"*******")


@pytest.mark.parametrize(
    "text", [b"/login/admin/index.html", b"/login/admin/", b"/login/js/jquery", b"/login/en/page", b"/user/admin/setup"]
)
def test_a_page_behind_login_is_kept(text: bytes) -> None:
    assert secrets.cut(text) == text


@pytest.mark.parametrize(
    ("text", "left"),
    [
        (b"var a = new Array('admin','hunter2');", b"var a = new Array('admin','*******');"),
        (b"new Array('1', 'root', \"hunter2\", 12345)", b"new Array('*', 'root', \"*******\", *****)"),
        (
            b"new Array(new Array('admin','hunter2'), new Array('guest','h'))",
            b"new Array(*** *****('admin','*******'), *** *****('guest','*'))",
        ),
        (b"x=new Array ('admin', 'hunter2'", b"x=new Array ('admin', '*******'"),
    ],
)
def test_a_list_in_a_script_with_a_usual_login_name_is_cut(text: bytes, left: bytes) -> None:
    assert secrets.cut(text) == left


@pytest.mark.parametrize(
    "text",
    [
        b"new Array('admin','operator','guest')",
        b"new Array('DCS-930L','1.04'); var level = 'admin';",
        b"new Array('Admin','Network','Video')",
    ],
)
def test_other_lists_in_scripts_are_kept(text: bytes) -> None:
    assert secrets.cut(text) == text
