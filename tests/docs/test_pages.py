"""What the pages say of the project is there: paths, links, commands, protocols, targets of make."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from camscan.cli.app import COMMANDS, GROUPS
from camscan.cli.messages import message_readers
from camscan.codecs.registry import DATAGRAM_CODECS, FRAME_CODECS, STREAM_CODECS

ROOT = Path(__file__).parents[2]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / "fingerprints").rglob("*.md")),
    *sorted((ROOT / "tests").rglob("*.md")),
]
TOP = {path.name for path in ROOT.iterdir()} - {"build", "dist"}
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")
CALL = re.compile(r"(?:^|[\s/`])camscan((?: [a-z][a-z-]*)+)")
NOT_WRITTEN_HERE = re.compile(r"[<>{}…$]|://|NAME|FILE|DIR|^camscan/[0-9]")
"""What makes a path a pattern or a place elsewhere."""

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def code_of(page: Path) -> Iterator[str]:
    """Yield the code spans and the lines of code blocks of a page."""
    fenced = False
    for line in page.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("```"):
            fenced = not fenced
        elif fenced or line.startswith("    "):
            yield line
        else:
            yield from SPAN.findall(line)


def paths_in(text: str) -> Iterator[str]:
    """Yield the words that are paths from the root of the project."""
    for word in text.split():
        path = word.strip("`'\",;:()").partition("#")[0].partition("::")[0].rstrip(".")
        if "/" in path and path.split("/")[0] in TOP and not NOT_WRITTEN_HERE.search(path):
            yield path


def anchors_of(page: Path) -> set[str]:
    """Return the anchors that readers of Markdown make of a page's headings."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def exists(path: str) -> bool:
    return any(ROOT.glob(path)) if "*" in path else (ROOT / path).exists()


@each_page
def test_every_path_that_a_page_names_exists(page: Path) -> None:
    named = {path for code in code_of(page) for path in paths_in(code)}
    assert sorted(path for path in named if not exists(path)) == []


def test_pages_name_paths_at_all() -> None:
    assert len({path for page in PAGES for code in code_of(page) for path in paths_in(code)}) > 40


@each_page
def test_every_link_leads_to_a_page_and_a_heading_of_it(page: Path) -> None:
    lost = []
    for link in LINK.findall(page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        file, _, anchor = link.partition("#")
        target = (page.parent / file).resolve() if file else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            lost.append(link)
    assert lost == []


@each_page
def test_every_command_that_a_page_shows_is_one(page: Path) -> None:
    unknown = []
    for code in code_of(page):
        for words in CALL.findall(code):
            first, *further = words.split()
            if first not in COMMANDS and not (first in GROUPS and (not further or f"{first} {further[0]}" in COMMANDS)):
                unknown.append(words.strip())
    assert unknown == []


def test_every_command_is_shown_on_the_page_of_usage() -> None:
    shown = " ".join(code_of(ROOT / "docs" / "usage.md"))
    assert [name for name in COMMANDS if f"camscan {name} " not in shown] == []


def test_the_page_of_protocols_holds_every_codec_and_every_message_that_identify_takes() -> None:
    page = (ROOT / "docs" / "reference" / "protocols.md").read_text(encoding="utf-8")
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in page.splitlines() if line.startswith("| `")]
    registered = {codec.NAME for codec in (*DATAGRAM_CODECS, *STREAM_CODECS, *FRAME_CODECS)}
    assert {row[0].strip("`") for row in rows} == registered | {"igd"} | set(message_readers()), "run make reference"
    assert {row[0].strip("`") for row in rows if row[-1] == "yes"} == set(message_readers())
    assert [row[0] for row in rows if len(row[1]) < len("ARP")] == []
    marks = {row[0].strip("`"): (row[3], row[4]) for row in rows}
    assert {name for name, (_, capture) in marks.items() if not capture} == {"isapi"}
    assert {name for name, (scan, _) in marks.items() if scan == "account"} == {"isapi", "snmp"}
    assert {name: marks[name][0] for name in ("onvif", "upnp", "sadp_l2", "ndp")} == dict.fromkeys(
        ("onvif", "upnp", "sadp_l2", "ndp"), "yes"
    )
    assert (marks["igd"], marks["webcaps"]) == (("", "yes"), ("", "yes"))


@each_page
def test_every_target_of_make_that_a_page_names_is_one(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    called = [words.split() for code in code_of(page) for words in re.findall(r"(?:^|\s)make((?: [a-z-]+)+)", code)]
    assert {target for words in called for target in words} <= targets
