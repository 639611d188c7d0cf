"""Writes every sample page as a file, photographs it, and lets axe look at it.

    PYTHONPATH=src:tests python tests/web/gallery.py DIR [NAME...]

Reads the samples; writes DIR/NAME.html, DIR/static, DIR/NAME-{1440,390}-{light,dark}.png. The pages
come under the very policy of the web app, so one that needs an inline style or script fails here.
"""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from browser import barriers, new_page, sideways_overflow, start_chromium
from playwright.sync_api import Browser
from web.pages import html, show
from web.samples import ALL
from web.samples.frame import Sample

from tallystick.web.render import STATIC

SIZES = ((1440, 900), (390, 844))


def write(directory: Path, samples: tuple[Sample, ...]) -> None:
    """Every sample as a file, and the style sheets and scripts beside them."""
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copytree(STATIC, directory / "static", dirs_exist_ok=True)
    for sample in samples:
        (directory / f"{sample.name}.html").write_text(html(sample), encoding="utf-8")


def look(browser: Browser, sample: Sample, directory: Path) -> Iterator[str]:
    """Photographs one page in both sizes and schemes; gives what is wrong with it."""
    for size in SIZES:
        for dark in (False, True):
            name = f"{sample.name}-{size[0]}-{'dark' if dark else 'light'}"
            with new_page(browser, size=size, dark=dark) as page:
                show(page, sample.name)
                page.screenshot(path=directory / f"{name}.png", full_page=True)
                yield from (f"{name}: {barrier}" for barrier in barriers(page))
                if wide := sideways_overflow(page):
                    yield f"{name}: {wide} px wider than the screen"


def main() -> int:
    """Exit status 1 when any page has a finding."""
    directory, names = Path(sys.argv[1]), sys.argv[2:]
    samples = tuple(sample for sample in ALL if not names or sample.name in names)
    write(directory, samples)
    with start_chromium() as browser:
        findings = [finding for sample in samples for finding in look(browser, sample, directory)]
    sys.stdout.write("".join(f"{finding}\n" for finding in findings))
    sys.stdout.write(f"{len(samples)} pages, {len(findings)} findings, in {directory}\n")
    return 1 if findings else 0


if __name__ == "__main__":
    raise SystemExit(main())
