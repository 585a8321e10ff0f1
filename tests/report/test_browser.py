"""The HTML report in a browser: rendered, sorted, filtered and opened, without an error, a request or anything that a device planted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright
from typer.testing import CliRunner

from camscan.cli.app import app
from camscan.model import PastRun, Report, Verdict
from camscan.report.html import page as html
from tests.lab.daemons.installed import must_run
from tests.report import canned, making
from tests.report.paper import pages_of

CHROMIUM = shutil.which("chromium")
SHOWN = "#device-table > tbody:not([hidden])"
HEADINGS = "#device-table > thead th"


@dataclass
class Opened:
    """A page, and what it did while it was looked at."""

    page: Page
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def shown(self) -> list[str]:
        """The addresses of the devices that are shown, in their order."""
        for _ in range(50):  # what was moved has no text until it is laid out again
            texts = self.page.locator(f"{SHOWN} > tr:first-child > th").all_inner_texts()
            if all(texts):
                break
            self.page.wait_for_timeout(100)
        return texts


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    if CHROMIUM is None:
        said = "chromium is missing: apt-get install --no-install-recommends chromium"
        pytest.fail(said) if must_run() else pytest.skip(said)
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Any]:
    contexts = []

    def open_report(report: Report, **options: Any) -> Opened:
        file = tmp_path / f"{len(contexts)}.html"
        file.write_text(html.render(report), encoding="utf-8")
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | options))
        context.set_default_timeout(10_000)
        contexts.append(context)
        found = Opened(context.new_page())
        found.page.on("console", lambda one: found.errors.append(one.text))
        found.page.on("pageerror", lambda one: found.errors.append(str(one)))
        found.page.on("dialog", lambda one: (found.dialogs.append(one.message), one.dismiss()))
        found.page.on("request", lambda one: found.requests.append(one.url))
        found.page.goto(file.as_uri())
        return found

    yield open_report
    for context in contexts:
        context.close()


def with_history() -> Report:
    base = canned.every_verdict()
    past = tuple(
        PastRun(at=base.run.started_at - timedelta(days=n), verdicts=((Verdict.PROHIBITED, 3),), complete=n != 2)
        for n in (3, 2, 1)
    )
    caller = replace(base.assets[0], egress=canned.hostile().assets[0].egress, attached_to=making.ATTACHED)
    return replace(base, assets=(caller, *base.assets[1:]), past=past)


@pytest.mark.parametrize("build", [canned.hostile, canned.hostile_at_length, canned.formulas])
def test_what_a_device_sends_runs_nothing_loads_nothing_and_makes_no_element(opened: Any, build: Any) -> None:
    found: Opened = opened(build())
    found.page.get_by_role("button", name="Open all shown").click()
    for summary in found.page.locator("details details summary").all():
        summary.click()
    assert (found.errors, found.dialogs) == ([], [])
    assert [url.partition(":")[0] for url in found.requests] == ["file"]
    planted = "document.querySelectorAll('script:not(main ~ script), iframe, img, object, embed, form, b, i, red, link').length"
    assert found.page.evaluate(planted) == 0
    hrefs = found.page.evaluate("[...document.links].map(one => one.href).filter(one => !one.startsWith('file:'))")
    assert all(one.startswith("https://questions-statements.parliament.uk/") for one in hrefs)


def test_a_hostile_reply_is_flagged_and_its_text_can_be_read(opened: Any) -> None:
    found: Opened = opened(canned.hostile())
    assert found.page.locator("#d1").get_by_text("hostile reply").first.is_visible()
    found.page.locator("#d1 summary").first.click()
    assert "<script>alert(1)</script>" in found.page.locator("#d1").inner_text()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_fault_in_any_part(opened: Any, scheme: str) -> None:
    found: Opened = opened(with_history(), color_scheme=scheme)
    found.page.get_by_role("button", name="Open all shown").click()
    for summary in found.page.locator("details details summary").all():
        summary.click()
    seen = Axe().run(found.page).response["violations"]
    assert [(one["id"], one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]) for one in seen] == []
    assert found.errors == []


@pytest.mark.parametrize("build", [canned.empty, canned.nothing_judged, canned.partial])
def test_axe_finds_no_fault_in_reports_with_little_in_them(opened: Any, build: Any) -> None:
    found: Opened = opened(build())
    assert [one["id"] for one in Axe().run(found.page).response["violations"]] == []
    assert found.errors == []


def test_headings_sort_by_mouse_and_keyboard_and_say_so(opened: Any) -> None:
    found: Opened = opened(canned.every_verdict())
    before = found.shown()
    heading = found.page.locator(HEADINGS, has_text="Device")
    heading.get_by_role("button").click()
    assert heading.get_attribute("aria-sort") == "ascending"
    heading.get_by_role("button").press("Enter")
    assert heading.get_attribute("aria-sort") == "descending"
    assert found.shown() == list(reversed(before))
    model = found.page.locator(HEADINGS, has_text="Model")
    model.get_by_role("button").press("Space")
    assert found.shown()[-1].startswith("10.20.0.18")  # M3045-V stands behind –, C800 and DS-7804
    assert heading.get_attribute("aria-sort") is None
    assert found.errors == []


def test_filter_and_chips_leave_what_was_asked_for_and_say_how_many(opened: Any) -> None:
    found: Opened = opened(canned.every_verdict())
    field_ = found.page.get_by_role("searchbox", name="Find")
    field_.fill("axis m3045")
    assert [one.splitlines()[0] for one in found.shown()] == ["10.20.0.18"]
    assert found.page.get_by_role("status").inner_text() == "1 of 9 devices are shown"
    field_.fill("")
    chip = found.page.get_by_role("button", name="prohibited 2")
    chip.focus()
    found.page.keyboard.press("Space")
    assert chip.get_attribute("aria-pressed") == "false"
    assert len(found.shown()) == 7
    chip.click()
    assert len(found.shown()) == 9
    assert found.page.get_by_role("status").inner_text() == ""


def test_a_link_to_a_device_opens_its_evidence_even_where_it_is_filtered_away(opened: Any) -> None:
    found: Opened = opened(canned.every_verdict())
    found.page.get_by_role("searchbox", name="Find").fill("axis")
    found.page.locator(".action a", has_text="10.20.0.13").click()
    assert found.page.locator("#d3 details").first.get_attribute("open") is not None
    assert found.page.locator("#d3").is_visible()


def test_everything_can_be_read_without_script(opened: Any) -> None:
    found: Opened = opened(canned.every_verdict(), java_script_enabled=False)
    assert not found.page.locator("#controls").is_visible()
    assert len(found.page.locator(SHOWN).all()) == 9
    found.page.locator("#d1 summary").first.click()
    assert found.page.locator("#d1").get_by_text("sadp.model").first.is_visible()


def test_a_link_to_a_device_shows_it_however_often_it_was_hidden(opened: Any) -> None:
    found: Opened = opened(with_history())
    every = len(found.shown())
    link = found.page.locator('a[href="#d1"]').first
    for _ in range(3):
        found.page.locator("#filter").fill("no device is called so")
        assert (found.shown(), found.page.locator("#shown").inner_text()) == ([], f"0 of {every} devices are shown")
        link.click()
        assert len(found.shown()) == 1
        assert found.page.locator("#shown").inner_text() == f"1 of {every} devices are shown"
        assert found.page.locator("#d1 .more details").first.get_attribute("open") is not None


@pytest.mark.parametrize("width", [360, 800])
def test_a_narrow_screen_needs_no_sideways_scrolling(opened: Any, width: int) -> None:
    found: Opened = opened(with_history(), viewport={"width": width, "height": 800})
    found.page.get_by_role("button", name="Open all shown").click()
    assert found.page.evaluate("document.documentElement.scrollWidth") <= width


def test_on_paper_the_first_screen_is_one_page_and_each_page_bears_the_marking(opened: Any, tmp_path: Path) -> None:
    found: Opened = opened(with_history())
    paper = tmp_path / "report.pdf"
    found.page.pdf(path=paper, prefer_css_page_size=True, print_background=True)
    pages = pages_of(paper)
    assert "What was not seen" in pages[0]
    assert "Verdicts over time" in pages[1]
    assert all(page.count("OFFICIAL-SENSITIVE") == 2 for page in pages)
    assert not any("Open all shown" in page for page in pages)


def test_the_demo_says_on_its_first_screen_and_first_page_what_to_do_first_and_why(browser: Browser, tmp_path: Path) -> None:
    file, paper = tmp_path / "report.html", tmp_path / "report.pdf"
    CliRunner().invoke(app, ["demo", "--quiet", "-o", str(file)])
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(file.as_uri())
    for said in ("Do this first", "Verify by eye", "Why:", "Devices that need action", "What was covered"):
        place = page.get_by_text(said).first.bounding_box()
        assert place is not None
        assert place["y"] + place["height"] < 900
    page.pdf(path=paper, prefer_css_page_size=True, page_ranges="1")
    page.close()
    first = pages_of(paper)[0]
    assert "Why:" in first
    assert "silent by design" in " ".join(first.split())
