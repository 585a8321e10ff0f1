"""Writes docs/pictures/*.png: the demo's report in a browser, on paper and on a narrow screen."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).parents[1]
PICTURES = ROOT / "docs" / "pictures"
CHROMIUM = "/usr/bin/chromium"
COLORS = 256
"""Of a picture: text and flat areas need no more, and the files stay small."""
DOTS_PER_INCH = 96


def main() -> None:
    """Make every picture."""
    PICTURES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as driver:
        report = Path(folder) / "report.html"
        camscan = Path(sys.executable).with_name("camscan")
        subprocess.run([camscan, "demo", "--quiet", "-o", report], check=True, stdout=subprocess.DEVNULL)
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = opened(browser, report, 1280, 900, "light")
        kept(page, "html-light")
        kept(opened(browser, report, 1280, 900, "dark"), "html-dark")
        kept(opened(browser, report, 390, 844, "light"), "html-narrow")
        page.locator("#pictures").scroll_into_view_if_needed()
        page.evaluate("document.getElementById('pictures').scrollIntoView()")
        kept(page, "html-pictures")
        page.get_by_role("searchbox", name="Find").fill("ezviz")
        page.locator("#device-table summary:visible").first.click()
        page.evaluate("document.getElementById('devices').scrollIntoView()")
        kept(page, "html-device")
        on_paper(opened(browser, report, 1280, 900, "light"), Path(folder))
        browser.close()


def opened(browser: Browser, report: Path, width: int, height: int, scheme: str) -> Page:
    """Return the report in a window of that size."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    page.goto(report.as_uri())
    return page


def kept(page: Page, name: str) -> None:
    """Write what the window shows."""
    path = PICTURES / f"{name}.png"
    page.screenshot(path=path)
    packed(path)


def on_paper(page: Page, folder: Path) -> None:
    """Write the first printed page."""
    page.pdf(path=folder / "report.pdf", prefer_css_page_size=True, print_background=True, page_ranges="1")
    command = ["pdftoppm", "-singlefile", "-r", str(DOTS_PER_INCH), "-png", folder / "report.pdf", PICTURES / "html-print"]
    subprocess.run(command, check=True)
    packed(PICTURES / "html-print.png")


def packed(path: Path) -> None:
    """Replace a picture by one of fewer colours."""
    with Image.open(path) as picture:
        small = picture.convert("RGB").quantize(COLORS)
    small.save(path, optimize=True)


if __name__ == "__main__":
    main()
