"""A visitor who follows every link and sends every GET form, with Django's test client."""

import re
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urldefrag, urlencode, urljoin, urlsplit

from django.http import HttpResponse
from django.test import Client
from django.urls import Resolver404, resolve

ORIGIN = "http://testserver"
FOLLOWED = {("a", "href"), ("link", "href"), ("script", "src"), ("img", "src"), ("iframe", "src")}
# Data for a script of ours, which browsers never run.
DATA_TYPES = {"application/json"}


class PageReader(HTMLParser):
    """What a page leads to, and what it must not hold."""

    def __init__(self, *, url: str) -> None:
        super().__init__()
        self.url = url
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.forbidden: list[str] = []
        self._form: list[tuple[str, str]] | None = None
        self._form_action = ""
        self._is_code = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self._look_for_inline(tag, values)
        if "id" in values:
            self.ids.add(values["id"])
        for name in ("href", "src"):
            if (tag, name) in FOLLOWED and name in values:
                self._lead_to(values[name], by=f"<{tag}>")
        if tag == "meta" and values.get("http-equiv", "").lower() == "refresh":
            self._lead_to(values["content"].partition("url=")[2] or self.url, by="<meta>")
        self._read_form(tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._form is not None:
            self._lead_to(f"{self._form_action.partition('?')[0]}?{urlencode(self._form)}", by="<form>")
            self._form = None
        self._is_code = False

    def handle_data(self, data: str) -> None:
        if self._is_code and data.strip():
            self.forbidden.append(f"a script in the page: {data.strip()[:60]}")

    def _look_for_inline(self, tag: str, values: dict[str, str]) -> None:
        self._is_code = tag == "script" and "src" not in values and values.get("type") not in DATA_TYPES
        if tag == "style" or "style" in values:
            self.forbidden.append(f"a style in the page: <{tag}> {values.get('style', '')}")
        self.forbidden += [f"a script in an attribute: {name}" for name in values if name.startswith("on")]

    def _lead_to(self, target: str, *, by: str) -> None:
        address = urljoin(f"{ORIGIN}{self.url}", target)
        parts = urlsplit(address)
        if parts.scheme == "mailto" or target.startswith("data:image/"):
            return
        if f"{parts.scheme}://{parts.netloc}" != ORIGIN:
            if by == "<a>":
                return  # for people to click, and not ours to follow
            self.forbidden.append(f"{by} leads to others: {address}")
            return
        self.links.append(address.removeprefix(ORIGIN))

    def _read_form(self, tag: str, values: dict[str, str]) -> None:
        if tag == "form" and values.get("method", "get").lower() == "get":
            self._form, self._form_action = [], values.get("action", "") or self.url
        if self._form is not None and tag == "input" and values.get("name"):
            is_asked = values.get("type", "text") in {"text", "search"} and not values.get("value")
            self._form.append((values["name"], "a" if is_asked else values.get("value", "")))


@dataclass
class Crawl:
    """What was seen: the status of each address, how often each route, and what is wrong with the page it is on."""

    statuses: dict[str, int] = field(default_factory=dict)
    routes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)


@dataclass
class Crawler:
    """Looks at `per_route` addresses of each route.

    Of filters, orders and pages of one list it sends so many, too: together they have no end.
    """

    client: Client
    per_route: int = 4
    _waiting: deque[tuple[str, str]] = field(default_factory=deque)
    _known: set[str] = field(default_factory=set)
    _kinds: Counter[tuple[str, bool]] = field(default_factory=Counter)

    def crawl(self, starts: Iterable[str], *, meant: Iterable[int] = ()) -> Crawl:
        """Returns what following everything from `starts` showed; `meant` statuses are no mistake at the starts."""
        self.client.raise_request_exception = False
        seen = Crawl()
        for start in starts:
            self._note(start, on="the start")
        while self._waiting:
            url, on = self._waiting.popleft()
            response = self.client.get(url)
            seen.statuses[url] = response.status_code
            seen.routes[route_of(url)] += 1
            allowed = {200, 302, *(meant if on == "the start" else ())}
            if response.status_code not in allowed:
                seen.wrong.append(f"{url}: {response.status_code} (linked on {on})")
            self._look_at(url, response, seen)
        return seen

    def _look_at(self, url: str, response: HttpResponse, seen: Crawl) -> None:
        if response.status_code == 302:
            target = urljoin(f"{ORIGIN}{url}", response["Location"])
            if target.startswith(f"{ORIGIN}/"):
                self._note(target.removeprefix(ORIGIN), on=url)
        body = b"".join(response)  # a file or a CSV has to come to its end, too
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            return
        reader = PageReader(url=url)
        reader.feed(body.decode())
        reader.close()
        seen.wrong += [f"{url}: {each}" for each in reader.forbidden]
        for link in reader.links:
            address, fragment = urldefrag(link)
            if fragment and address == url and fragment not in reader.ids:
                seen.wrong.append(f"{url}: nothing has the id {fragment}")
            self._note(address, on=url)

    def _note(self, url: str, *, on: str) -> None:
        kind = route_of(url), bool(urlsplit(url).query)
        if url in self._known or (on != "the start" and self._kinds[kind] >= self.per_route):
            return
        self._known.add(url)
        self._kinds[kind] += 1
        self._waiting.append((url, on))


def route_of(url: str) -> str:
    """The pattern of the URLconf, or the address itself where there is none, as of static files."""
    path = urlsplit(url).path
    try:
        return re.sub(r"^\^", "", resolve(path).route)
    except Resolver404:
        return path
