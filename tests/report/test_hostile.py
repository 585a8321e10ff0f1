"""Replies that attack their reader are flagged in every format; honest ones of any language are not."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

import pytest

from camscan.model import Report, Verdict
from camscan.report.hostile import is_hostile
from camscan.report.registry import FORMATS
from camscan.report.view import hostile_fields
from tests.report import making
from tests.report.parse_back import PARSE_BACK

SAMPLES = sorted((Path(__file__).parents[1] / "samples").glob("*/*.json"))
AT_ONCE = 8
"""Devices that the table names before it says how many more there are."""
ATTACKS = {
    "escape sequence": "a\x1b[2Jb",
    "nought": "a\0b",
    "bell": "a\ab",
    "backspace": "admin\b\b\b",
    "shift out": "a\x0eb",
    "delete": "a\x7fb",
    "CSI of C1": "a\x9b2Jb",
    "CSI of C1 at the beginning": "\x9b?25l",
    "CSI of C1 without parameters": "a\x9bmb",
    "OSC of C1": "a\x9d8;;http://192.0.2.66/\x9cb",
    "override": "\u202egpj.exe",
    "isolate": "a\u2067b",
    "left-to-right mark": "a\u200eb",
    "right-to-left mark": "a\u200fb",
    "Arabic letter mark": "a\u061cb",
    "zero width space": "a\u200bb",
    "joiner between letters": "Hik\u200dvision",
    "word joiner": "a\u2060b",
    "byte order mark inside": "a\ufeffb",
    "tag": "a\U000e0041b",
    "call": "=cmd('calc')",
    "link of a spreadsheet": '=HYPERLINK("http://192.0.2.66/","a")',
    "sum": "@SUM(1+1)*cmd|' /C calc'!A0",
    "exchange": "=cmd|' /C calc'!A0",
    "exchange after a sum": "-2+3+cmd|' /C calc'!A0",
    "link after a plus": "+HYPERLINK(A1)",
    "wide sign": "\uff1dcmd|A0",
    "blank in front": "  =cmd(1)",
    "script": "a<ScRipt>alert(1)</script>",
    "handler": "a onerror=alert(1)",
    "picture": "<svg onload=alert(1)>",
    "scheme": "javascript:alert(1)",
    "markup of a terminal": "[link=http://192.0.2.66/]a[/link]",
}
HONEST = [
    "DS-2CD2042WD-I", "Überwachung", "摄像头", "камера", "دوربین\u200cها", "👩\u200d🍼 room", "=(<*>)=-.:. (( Welcome )) .:.-=", "-2009722838",
    "=Meraki MR28 Cloud", "---------- Welcome to Pure-FTPd ----------", "- Netlink MX-1600 (Rev 2)", "+Vision(2)", "-PTZ(1080p)", "@home", "a=b",
    "apcpdu\0", "line one\r\nline two\t", "C:\\ipc", "<title>", "[IPC] front", "\ufeffname", "",
]  # fmt: skip


def attacked(texts: Iterable[str]) -> Report:
    """One device for each text, which is what it calls itself."""
    devices = []
    for number, text in enumerate(texts, 1):
        said = making.observation(f"10.20.0.{number}", fields=(("sadp.model", text), ("sadp.type", "IPCamera")))
        devices.append(making.assessed(number, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED), observations=(said,)))
    return making.report(*devices)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("field", ["http.title", "sadp.model", "mdns.host"])
def test_each_attack_is_flagged_in_a_name(attack: str, field: str) -> None:
    assert is_hostile(ATTACKS[attack], field)


@pytest.mark.parametrize("first", range(0, len(ATTACKS), AT_ONCE))
@pytest.mark.parametrize("form", sorted(PARSE_BACK))
def test_every_format_flags_every_attack(form: str, first: int) -> None:
    report = attacked(list(ATTACKS.values())[first : first + AT_ONCE])
    assert all(hostile_fields(judged.asset) == ("sadp.model",) for judged in report.assets)
    found, expected = PARSE_BACK[form].read(FORMATS[form].render(report)), PARSE_BACK[form].expected(report)
    assert found.devices == expected.devices
    assert found.hostile == (None if expected.hostile is None else expected.devices)


@pytest.mark.parametrize("text", HONEST)
@pytest.mark.parametrize("field", ["http.title", "sadp.model", "ftp.banner", "http.body"])
def test_what_honest_devices_say_is_not_flagged(text: str, field: str) -> None:
    assert not is_hostile(text, field)


@pytest.mark.parametrize("encoding", ["gbk", "big5", "shift_jis", "euc_kr", "utf-8", "cp1252"])
@pytest.mark.parametrize("around", ["{}", "<title>{}</title>", "{}1H", "IPC {} 2m;"])
def test_text_of_other_encodings_read_as_latin_1_is_not_flagged(encoding: str, around: str) -> None:
    for text in ("网络摄像机登录", "四川囧", "監視カメラ", "감시 카메라", "Überwachung › Tür", "開門禁"):
        read = around.format(text).encode(encoding, "ignore").decode("latin-1")
        assert not is_hostile(read, "http.title"), repr(read)


@pytest.mark.parametrize(
    "text",
    [
        "<script src=a.js></script><svg>",
        "go to JavaScript:alert(1)",
        "a\0b",
        "=cmd(1)",
        "\u200f\u05e9\u05dc\u05d5\u05dd",
        "a[link=x]",
    ],
)
def test_a_page_may_hold_what_a_name_may_not(text: str) -> None:
    assert not is_hostile(text, "http.body")
    assert is_hostile(text, "http.title")


@pytest.mark.parametrize("attack", ["escape sequence", "CSI of C1", "OSC of C1", "override", "isolate", "tag"])
def test_what_moves_a_cursor_or_reorders_is_flagged_in_a_page_too(attack: str) -> None:
    assert is_hostile(ATTACKS[attack], "http.body")


def test_a_greeting_of_telnet_may_ring_and_pad() -> None:
    assert not is_hostile("\a login\r\0: \b", "telnet.banner")
    assert is_hostile("\x0elogin", "telnet.banner")


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_sample_is_flagged(path: Path) -> None:
    fields = json.loads(path.read_text(encoding="utf-8"))["fields"]
    assert [name for name, value in fields if is_hostile(value, name)] == []
