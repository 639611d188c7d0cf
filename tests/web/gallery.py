"""Writes every sample page as a file, photographs it, and lets axe look at it.

    PYTHONPATH=src:tests python tests/web/gallery.py DIR [NAME...]

Reads the samples; writes DIR/NAME.html, DIR/static, DIR/NAME-{1440,390}-{light,dark}.png. Serves DIR
on the loopback interface under the very policy of the web app, so that a page which needs an inline
style or script fails here.
"""

import shutil
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright
from web.samples import ALL
from web.samples.frame import Sample

from tallystick.web.render import CONTENT_SECURITY_POLICY, STATIC, render

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
CHROMIUM = "/usr/bin/chromium"


class Handler(SimpleHTTPRequestHandler):
    """Files with the policy of the web app and without the log lines."""

    def end_headers(self) -> None:
        """Adds the policy."""
        self.send_header("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
        """Says nothing."""


def write(directory: Path, samples: tuple[Sample, ...]) -> None:
    """Every sample as a file, and the style sheets and scripts beside them."""
    directory.mkdir(parents=True, exist_ok=True)
    shutil.copytree(STATIC, directory / "static", dirs_exist_ok=True)
    for sample in samples:
        text = render(sample.template, sample.view, sample.page)
        (directory / f"{sample.name}.html").write_text(text, encoding="utf-8")


def serve(directory: Path) -> ThreadingHTTPServer:
    """A server of the directory on a free port, in the background."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(directory)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def look(browser: Browser, url: str, *, width: int, scheme: str, shot: Path | None) -> list[str]:
    """What is wrong with one page at one width: console errors, overflow, serious axe findings."""
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)  # type: ignore[arg-type]  # light or dark
    found: list[str] = []
    page.on("console", lambda said: found.append(f"console: {said.text}") if said.type == "error" else None)
    page.on("pageerror", lambda error: found.append(f"script: {error}"))
    page.goto(url)
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        found.append(f"{wide} px wider than the screen")
    for issue in Axe().run(page).response["violations"]:
        if issue["impact"] in ("serious", "critical"):
            places = "; ".join(node["html"][:160] for node in issue["nodes"][:3])
            found.append(f"axe {issue['id']}: {places}")
    if shot is not None:
        page.screenshot(path=shot, full_page=True)
    page.close()
    return found


def main() -> int:
    """Exit status 1 when any page has a finding."""
    directory, names = Path(sys.argv[1]), sys.argv[2:]
    samples = tuple(sample for sample in ALL if not names or sample.name in names)
    write(directory, samples)
    server = serve(directory)
    bad = 0
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        for sample in samples:
            for width in (1440, 390):
                for scheme in ("light", "dark"):
                    shot = directory / f"{sample.name}-{width}-{scheme}.png"
                    url = f"http://127.0.0.1:{server.server_port}/{sample.name}.html"
                    for finding in look(browser, url, width=width, scheme=scheme, shot=shot):
                        bad += 1
                        sys.stdout.write(f"{sample.name} {width} {scheme}: {finding}\n")
        browser.close()
    server.shutdown()
    sys.stdout.write(f"{len(samples)} pages, {bad} findings, in {directory}\n")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(main())
