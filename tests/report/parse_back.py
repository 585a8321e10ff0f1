"""Reads each format back as its own readers do, so that a test sees what a reader sees. A format has one line in PARSE_BACK.

A reader returns which devices it found and which of them are flagged for a hostile reply, by MAC. It fails where the document is not
of its format, or where text of a device has an effect: a formula, a link, markup, a line or cell of its own.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from lxml import html as lxml_html
from markdown_it import MarkdownIt
from markdown_it.token import Token

from camscan.model import CAMERA_KINDS, AssessedAsset, Report, Verdict
from camscan.report import csv as csv_format
from camscan.report import laydown, md, netbox

MAC = re.compile(r"\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b")
FORMULA = tuple("=+-@\t\r\n＝＋－＠")
FLAG = "hostile reply"
REACHED = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.REVIEW})
CONFIRMED = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED})
LARGE, MANY = 1_000_000, 100
"""Characters and rows above which the slow reader of Markdown reads no more: 10,000 devices would take it a minute."""


OWN_CONTROLS = {"csv": {"\r"}, "laydown": {"\r"}, "netbox": {"\r"}, "syslog": {"\ufeff"}}
"""Control and format characters that a format itself is made of, beside the line feed."""


@dataclass(frozen=True)
class Found:
    """What a reader found in a document."""

    devices: frozenset[str]
    """MACs; of totals, the number of devices."""
    hostile: frozenset[str] | None = frozenset()
    """Those flagged for a hostile reply; None in a format that holds nothing that a device said."""


@dataclass(frozen=True)
class Reader:
    """How a format is read back, and which devices of a report stand in it."""

    read: Callable[[str], Found]
    holds: Callable[[Report], Iterable[AssessedAsset]] = lambda report: report.assets

    def expected(self, report: Report) -> Found:
        """What must be found in a report of this format."""
        devices = [judged for judged in self.holds(report) if judged.asset.macs]
        liars = [
            judged for judged in devices if any("\x1b" in text for one in judged.asset.observations for _, text in one.fields)
        ]
        return Found(_macs(devices), _macs(liars))


def _macs(devices: Iterable[AssessedAsset]) -> frozenset[str]:
    return frozenset(judged.asset.macs[0] for judged in devices)


def mac_in(text: str) -> str:
    """The first MAC of a text."""
    found = MAC.search(text)
    assert found, text[:200]
    return found[0]


def spreadsheet(text: str, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """The rows of a CSV of ours as RFC 4180 has it; no cell may begin like a formula, also where semicolons split cells."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    header, *rows = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert tuple(header) == columns
    for row in rows:
        assert len(row) == len(header)
        for cell in row:
            assert len(cell) <= 32_767
            assert not any(part.lstrip(" \xa0\u3000").startswith(FORMULA) for part in cell.split(";"))
    return [dict(zip(header, row, strict=True)) for row in rows]


def read_csv(text: str) -> Found:
    rows = [row for row in spreadsheet(text, csv_format.COLUMNS) if row["record"] in ("finding", "device")]
    return Found(frozenset(row["mac"] for row in rows), frozenset(row["mac"] for row in rows if row["hostile_reply"]))


def read_laydown(text: str) -> Found:
    rows = [row for row in spreadsheet(text, laydown.COLUMNS) if row["record"] == "device"]
    assert [row["number"] for row in rows] == [str(number) for number in range(1, len(rows) + 1)]
    return Found(frozenset(row["mac"] for row in rows), frozenset(row["mac"] for row in rows if row["hostile_reply"]))


def read_netbox(text: str) -> Found:
    rows = spreadsheet(text, netbox.COLUMNS)
    assert len({row["name"] for row in rows}) == len(rows)
    for row in rows[:MANY]:
        markdown(row["comments"])
    return Found(
        frozenset(mac_in(row["comments"]) for row in rows),
        frozenset(mac_in(row["comments"]) for row in rows if FLAG in row["description"]),
    )


READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
OURS = frozenset(
    ["paragraph", "heading", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td", "strong", "link"]
)
"""What our Markdown is made of; everything else would come from a device."""


def markdown(text: str) -> list[Token]:
    """The tokens of Markdown; nothing may come of it but what we write ourselves, and no plain text may become a link."""
    tokens = READER.parse(text)
    for token in (inner for outer in tokens for inner in (outer, *(outer.children or ()))):
        assert (
            token.type in ("inline", "text", "text_special", "code_inline", "softbreak")
            or token.type.rpartition("_")[0] in OURS
        ), token
        if token.type == "link_open":
            assert token.markup == "autolink"
            assert str(token.attrs["href"]).startswith("https://")
        if token.type == "code_inline":
            assert set(token.content.lower()) <= set("@:/w."), token
    for outer in tokens:
        inline, linked = outer.children or [], 0
        for token in inline:
            linked += {"link_open": 1, "link_close": -1}.get(token.type, 0)
            if token.type == "text" and not linked:
                assert not any(mark in token.content.lower() for mark in ("://", "www.", "@")), token
    return tokens


def read_md(text: str) -> Found:
    """What stands between bars that no backslash escapes are the cells of a row."""
    if len(text) < LARGE:
        markdown(text)
    rows = [re.sub(r"\\.", "", line).split("|")[1:-1] for line in text.splitlines() if line.startswith("|")]
    assert all(len(row) == len(md.COLUMNS) for row in rows)
    devices = [row for row in rows if row[0].strip() not in ("address", "---")]
    return Found(frozenset(mac_in(row[1]) for row in devices), frozenset(mac_in(row[1]) for row in devices if FLAG in row[5]))


def read_brief(text: str) -> Found:
    [number] = re.findall(r"^(\d+) devices? seen in ", text, re.MULTILINE)
    return Found(frozenset({number}), None)


def read_table(text: str) -> Found:
    lines = text.splitlines()
    start = next((number for number, line in enumerate(lines) if re.match(r"(verdict +)?address ", line)), len(lines))
    rows = [line for line in takewhile(bool, lines[start + 1 :]) if MAC.search(line)]
    liars = {line.split()[2] for line in lines if line.startswith("Hostile reply: ")}
    return Found(frozenset(map(mac_in, rows)), frozenset(mac_in(row) for row in rows if liars & set(row.split())))


def _of_assets(assets: list[dict[str, Any]]) -> Found:
    return Found(
        frozenset(asset["macs"][0] for asset in assets),
        frozenset(asset["macs"][0] for asset in assets if asset["hostile_fields"]),
    )


def read_json(text: str) -> Found:
    assert text.isascii()
    return _of_assets(json.loads(text)["assets"])


def read_jsonl(text: str) -> Found:
    assert text.isascii()
    lines = [json.loads(line) for line in text.splitlines()]
    return _of_assets([line for line in lines if line["event"] == "device"])


def read_html(text: str) -> Found:
    page = lxml_html.document_fromstring(text)
    assert not page.xpath(
        "//iframe | //object | //embed | //img | //base | //form[@action] | //*[starts-with(@href, 'javascript')]"
    )
    assert not page.xpath("//@*[starts-with(name(), 'on')]")
    devices = page.xpath("//tbody[@data-v]")
    return Found(
        frozenset(mac_in(" ".join(one.itertext())) for one in devices),
        frozenset(mac_in(" ".join(one.itertext())) for one in devices if one.xpath(f".//*[text()='{FLAG}']")),
    )


def read_ocsf(text: str) -> Found:
    assert text.isascii()
    events = [event for event in json.loads(text) if event["class_uid"] == 5001]
    return Found(
        frozenset(event["device"]["mac"] for event in events),
        frozenset(event["device"]["mac"] for event in events if event["unmapped"]["camscan"].get("hostile_fields")),
    )


def read_cyclonedx(text: str) -> Found:
    assert text.isascii()
    devices = [one for one in json.loads(text)["components"] if one["type"] == "device"]
    return Found(
        frozenset(mac_in(one["bom-ref"]) for one in devices),
        frozenset(
            mac_in(one["bom-ref"])
            for one in devices
            if any(each["name"] == "camscan:hostile_field" for each in one["properties"])
        ),
    )


def _events(text: str, device: re.Pattern[str], hostile: str) -> Found:
    lines = [line for line in text.splitlines() if device.search(line)]
    return Found(
        frozenset(mac_in(device.search(line)[0]) for line in lines),  # type: ignore[index]
        frozenset(mac_in(device.search(line)[0]) for line in lines if hostile in line),  # type: ignore[index]
    )


def read_cef(text: str) -> Found:
    assert all(line.startswith("CEF:0|camscan|") for line in text[:-1].split("\n"))
    return _events(text, re.compile(rf" dmac=({MAC.pattern})"), " camscanHostileFields=")


def read_syslog(text: str) -> Found:
    assert all(re.match(r"<1\d\d>1 ", line) for line in text[:-1].split("\n"))
    return _events(text, re.compile(rf' mac="({MAC.pattern})"'), ' hostileFields="')


def read_block_list(text: str) -> Found:
    """Comments are passed over; MACs stand in the list with colons, dots or nothing between."""
    assert text.isascii()
    rules = [line for line in text.splitlines() if not line.startswith(("#", "!"))]
    found = re.findall(r"\b(?:[0-9a-f]{2}:?){6}\b|\b(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}\b", "\n".join(rules))
    return Found(frozenset(bytes.fromhex(re.sub(r"[:.]", "", text)).hex(":") for text in found), None)


def _covered(report: Report) -> Iterable[AssessedAsset]:
    decided = {"planned", "accepted", "lapsed"}
    return [
        one
        for one in report.assets
        if one.judgement.verdict in CONFIRMED or any(finding.status in decided for finding in one.judgement.findings)
    ]


def _camera_like(report: Report) -> Iterable[AssessedAsset]:
    reached = {*REACHED, Verdict.UNIDENTIFIED}
    return [one for one in report.assets if one.identification.kind in CAMERA_KINDS or one.judgement.verdict in reached]


def _alerted(report: Report) -> Iterable[AssessedAsset]:
    alerting = [one for one in _camera_like(report) if one.judgement.verdict in (*REACHED, Verdict.UNIDENTIFIED, None)]
    return [one for one in alerting if one.judgement.verdict is not None or one.identification.kind in CAMERA_KINDS]


def _blocked(report: Report) -> Iterable[AssessedAsset]:
    return [one for one in report.assets if one.judgement.verdict in CONFIRMED and not one.asset.outside_scope]


@dataclass(frozen=True)
class _Totals(Reader):
    def expected(self, report: Report) -> Found:
        return Found(frozenset({str(len(report.assets))}), None)


@dataclass(frozen=True)
class _OnlyAddresses(Reader):
    def expected(self, report: Report) -> Found:
        return Found(super().expected(report).devices, None)


BLOCK_LIST = _OnlyAddresses(read_block_list, _blocked)

PARSE_BACK: dict[str, Reader] = {
    "table": Reader(read_table),
    "json": Reader(read_json),
    "jsonl": Reader(read_jsonl),
    "csv": Reader(read_csv),
    "md": Reader(read_md),
    "brief": _Totals(read_brief),
    "laydown": Reader(read_laydown, _covered),
    "netbox": Reader(read_netbox, _camera_like),
    "html": Reader(read_html),
    "ocsf": Reader(read_ocsf, _camera_like),
    "cyclonedx": Reader(read_cyclonedx, _camera_like),
    "cef": Reader(read_cef, _alerted),
    "syslog": Reader(read_syslog, _alerted),
    "isolation": BLOCK_LIST,
    "nftables": BLOCK_LIST,
    "cisco-ios": BLOCK_LIST,
    "dhcp-deny": BLOCK_LIST,
    "mab-reject": BLOCK_LIST,
}
"""Format → how it is read back. Every format of the registry needs its line here."""
