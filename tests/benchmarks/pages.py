"""Owners' first views in a real browser on a slow phone: when the largest part is there, what moves, what it weighs.

Slow 4G as Lighthouse has it (150 ms there and back, 1.6 Mbit/s), a processor four times slower, nothing cached.
Beside it the search over the whole catalogue, on the server.
"""

import shutil
import statistics
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, CDPSession, sync_playwright

from tests.benchmarks.databases import new_database
from tests.benchmarks.deployment import environment, gunicorn, inside, migrate
from tests.benchmarks.figures import Figure

PAGES = {"/": "≤ 12", "/connect/": "≤ 20", "/vehicles/": ""}  # and how many kilobytes each may take
VISITS = 5
ROUND_TRIP_MS = 150
DOWN_BYTES, UP_BYTES = 1_638_400 / 8, 768_000 / 8  # a second
SLOWER = 4
WATCH = """
window.seen = { largest: 0, moved: 0, what: [] };
new PerformanceObserver((list) => list.getEntries().forEach((each) => (seen.largest = each.startTime)))
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => list.getEntries().forEach((each) => {
    seen.moved += each.value;
    seen.what.push(...each.sources.map(({ node }) => node?.outerHTML?.slice(0, 80) ?? node?.nodeName));
  }))
  .observe({ type: "layout-shift", buffered: true });
"""


@dataclass(frozen=True, slots=True)
class Visit:
    """Milliseconds until the largest part was painted, how much moved (CLS), bytes on the wire, requests.

    The icon of the tab, which comes last and is waited for by nobody, counts with its bytes alone.
    """

    largest_ms: float
    moved: float
    size: int
    requests: int


def measure(*, kind: str, quick: bool) -> list[Figure]:
    visits = 1 if quick else VISITS
    with new_database(kind) as url:
        portal = environment(url)
        migrate(portal)
        scene = inside(portal, "pages_data.prepare")
        with gunicorn(portal) as port, _chromium() as browser:
            origin = f"http://127.0.0.1:{port}"
            seen = {path: [_visit(browser, origin, path, scene) for _ in range(visits)] for path in PAGES}
        searches = inside(portal, "pages_data.search_ms", rounds=1 if quick else 5)
    found = [figure for path, visits_of in seen.items() for figure in _figures(path, visits_of, kind=kind)]
    what = f"search over {searches['cars']:,} cars, {searches['queries']} queries, ms: median"
    return [
        *found,
        Figure(what=what, database=kind, value=searches["median"], goal="≤ 20"),
        Figure(what="… slowest of twenty", database=kind, value=searches["p95"], goal="≤ 20"),
    ]


def _figures(path: str, visits: list[Visit], *, kind: str) -> list[Figure]:
    return [
        Figure(
            what=f"{path} on slow 4G and a fourth of the processor: seconds to the largest paint",
            database=kind,
            value=statistics.median(visit.largest_ms for visit in visits) / 1000,
            goal="≤ 1.2",
        ),
        Figure(what="… layout shift", database=kind, value=max(visit.moved for visit in visits), goal="≤ 0"),
        Figure(
            what="… kB on the wire",
            database=kind,
            value=max(visit.size for visit in visits) / 1000,
            goal=PAGES[path],
        ),
        Figure(what="… requests", database=kind, value=max(visit.requests for visit in visits), goal="≤ 4"),
    ]


@contextmanager
def _chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def _visit(browser: Browser, origin: str, path: str, scene: dict[str, str]) -> Visit:
    context = browser.new_context(viewport={"width": 390, "height": 780}, device_scale_factor=2)
    try:
        if path != "/":
            context.add_cookies([{"name": "session", "value": scene["session"], "url": origin}])
        page = context.new_page()
        page.add_init_script(WATCH)
        session = context.new_cdp_session(page)
        sizes, icons = _slow_down(session), _icons(session)
        page.goto(f"{origin}{path}", wait_until="networkidle")
        seen = page.evaluate(
            "new Promise((say) => requestAnimationFrame(() => setTimeout(() => say(seen), 200)))"
        )
        if seen["what"]:
            sys.stderr.write(f"{path}: moved: {seen['what']}\n")
        return Visit(seen["largest"], seen["moved"], sum(sizes), len(sizes) - len(icons))
    finally:
        context.close()


def _icons(session: CDPSession) -> list[str]:
    """Returns where the addresses of icons will stand."""
    icons: list[str] = []
    session.on(
        "Network.responseReceived",
        lambda event: icons.append(event["response"]["url"]) if event["type"] == "Other" else None,
    )
    return icons


def _slow_down(session: CDPSession) -> list[int]:
    """Returns where the bytes of each request will stand."""
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    session.send("Network.enable")
    session.send(
        "Network.emulateNetworkConditions",
        {
            "offline": False,
            "latency": ROUND_TRIP_MS,
            "downloadThroughput": DOWN_BYTES,
            "uploadThroughput": UP_BYTES,
        },
    )
    session.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    return sizes
