"""How long 10,000 devices take in every format, how large they become, and how long a browser takes to open the page."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

from camscan.model import Report
from camscan.report import pdf
from camscan.report.base import prepare
from camscan.report.registry import BINARY_FORMATS, FORMATS
from tests.report import canned, making

TIMES = 3
GOAL_S, OPENED_GOAL_S = 5.0, 3.0
"""For each format; and for the page, until it is painted."""
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


def reports() -> None:
    """10,000 devices in each format, then in Chromium; what takes longer than its goal is told, and fails nothing."""
    report = _estate()
    devices = sum(len(one.asset.observations) for one in report.assets)
    sys.stdout.write(
        f"\nreports: {len(report.assets)} devices, {devices} messages; goals: {GOAL_S * 1000:.0f} ms for each format, "
        f"opened in Chromium {OPENED_GOAL_S * 1000:.0f} ms\n"
    )
    for name, form in FORMATS.items():
        prepare(form)
        started = time.perf_counter()
        text = form.render(report)
        _told(name, time.perf_counter() - started, len(text.encode("utf-8", "backslashreplace")))
        if name == "html":
            _opened(text)
    for name, binary in BINARY_FORMATS.items():
        prepare(binary)
        started = time.perf_counter()
        size = len(binary.render_bytes(report))
        _told(name, time.perf_counter() - started, size, " (lists 500 devices)" if name == pdf.NAME else "")


def _estate() -> Report:
    """10,000 devices that each said what a camera says: six messages of a kilobyte, and twelve fingerprints that matched."""
    base = canned.ten_thousand()
    said = tuple(
        making.observation(
            port=number, raw=bytes(range(256)) * 4, fields=(("http.body", "x" * 500), ("http.title", str(number)))
        )
        for number in range(6)
    )
    matched = tuple(making.evidence(observation=number % 6, field=f"sadp.field{number}") for number in range(12))
    return replace(
        base,
        assets=tuple(
            replace(
                one,
                asset=replace(one.asset, observations=said),
                identification=replace(one.identification, evidence=matched if one.identification.maker else ()),
            )
            for one in base.assets
        ),
    )


def _told(name: str, seconds: float, size: int, words: str = "") -> None:
    sys.stdout.write(f"  {name:24} {seconds * 1000:9.0f} ms   {_against(seconds, GOAL_S)}   {size / 1e6:.1f} MB{words}\n")


def _against(seconds: float, goal_s: float) -> str:
    """Return how a time stands to its goal."""
    return f"goal {goal_s * 1000:.0f} ms {'met' if seconds <= goal_s else 'MISSED'}"


def _opened(text: str) -> None:
    """Open a page in Chromium until it is painted."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium")
    if chromium is None:
        sys.stdout.write("  in Chromium              not installed: apt-get install --no-install-recommends chromium\n")
        return
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        file = Path(folder) / "report.html"
        file.write_text(text, encoding="utf-8")
        browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        taken = []
        for _ in range(TIMES):
            started = time.perf_counter()
            page.goto(file.as_uri(), timeout=120_000)
            page.evaluate(PAINTED)
            taken.append(time.perf_counter() - started)
        browser.close()
    middle = median(taken)
    sys.stdout.write(
        f"  opened in Chromium       {middle * 1000:9.0f} ms   {_against(middle, OPENED_GOAL_S)}   first {taken[0] * 1000:.0f} ms\n"
    )
