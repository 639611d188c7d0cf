"""Sample pages in a browser, answered without any server and under the policy of the web app."""

from pathlib import PurePosixPath

from playwright.sync_api import Page, Request, Route
from web.samples import ALL
from web.samples.frame import Sample

from tallystick.web.render import CONTENT_SECURITY_POLICY, STATIC, render

ADDRESS = "http://pages.test"
KINDS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
BY_NAME = {sample.name: sample for sample in ALL}


def html(sample: Sample) -> str:
    """The whole page."""
    return render(sample.template, sample.view, sample.page)


def show(page: Page, wanted: str | Sample) -> list[Request]:
    """Opens one sample, by its name or as it is. All else that the page asks for is answered with 503 and listed."""
    others: list[Request] = []
    sample = BY_NAME[wanted] if isinstance(wanted, str) else wanted

    def answer(route: Route) -> None:
        path = PurePosixPath(route.request.url.removeprefix(ADDRESS).partition("?")[0])
        headers = {"Content-Security-Policy": CONTENT_SECURITY_POLICY}
        if path.match("/static/*"):
            kind = {"Content-Type": KINDS[path.suffix]}
            route.fulfill(status=200, headers=headers | kind, body=(STATIC / path.name).read_text())
        elif path == PurePosixPath("/page") and route.request.method == "GET":
            kind = {"Content-Type": "text/html; charset=utf-8"}
            route.fulfill(status=200, headers=headers | kind, body=html(sample))
        else:
            others.append(route.request)
            route.fulfill(status=503, json={"sentence": "the disk is full"})

    page.route("**/*", answer)
    page.goto(f"{ADDRESS}/page")
    return others
