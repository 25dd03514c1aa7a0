"""Pages of lists, and the Link header in the contract's form."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Protocol, TypeVar
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from onboarding_portal.sandbox.context import Call, json_response
from onboarding_portal.sandbox.moments import LATEST_US, iso, parse_iso
from onboarding_portal.sandbox.problems import ProblemError, not_found
from onboarding_portal.sandbox.telemetry import Entry

DEFAULT_SIZE, LARGEST_SIZE = 25, 100


class Listed(Protocol):
    @property
    def item_id(self) -> str: ...


class Log(Protocol):
    def entries(self, *, low_us: int, high_us: int, newest_first: bool) -> Iterator[Entry]: ...


Item = TypeVar("Item", bound=Listed)
Numbered = TypeVar("Numbered")


@dataclass(frozen=True, kw_only=True)
class Cursor:
    size: int
    after: str
    before: str


def wrong_parameter(name: str) -> ProblemError:
    return ProblemError(
        400,
        problem="pagination-parameters",
        title="Invalid pagination parameter",
        detail=f"Invalid value for pagination parameter: {name}",
    )


def cursor_of(call: Call) -> Cursor:
    text = call.request.args.get("page_size", str(DEFAULT_SIZE))
    if not (text.isascii() and text.isdigit() and len(text) < 5 and 1 <= int(text) <= LARGEST_SIZE):
        raise wrong_parameter("page_size")
    return Cursor(
        size=int(text), after=call.text_argument("page_after"), before=call.text_argument("page_before")
    )


def page_of_items(
    call: Call,
    *,
    items: Sequence[Item],
    places: Mapping[str, int] | None = None,
    keep: Callable[[Item], bool] = lambda _: True,
    represent: Callable[[Item], dict[str, Any]],
) -> Response:
    """One page of `items`. With `places` (id to index) it costs what the page costs, however long the list."""
    cursor = cursor_of(call)
    if places is None:
        places = {item.item_id: place for place, item in enumerate(items)}
    for name, value in (("page_after", cursor.after), ("page_before", cursor.before)):
        if value and value not in places:
            raise wrong_parameter(name)
    is_backwards = bool(cursor.before and not cursor.after)
    if is_backwards:
        numbers = range(places[cursor.before] - 1, -1, -1)
    else:
        numbers = range(places[cursor.after] + 1 if cursor.after else 0, len(items))
    found = list(islice((items[number] for number in numbers if keep(items[number])), cursor.size + 1))
    page, has_more = found[: cursor.size], len(found) > cursor.size
    has_previous, has_next = (has_more, True) if is_backwards else (bool(cursor.after), has_more)
    if is_backwards:
        page.reverse()
    return answer(
        call,
        size=cursor.size,
        body=[represent(item) for item in page],
        previous=page[0].item_id if page and has_previous else None,
        following=page[-1].item_id if page and has_next else None,
    )


def numbered_page(
    call: Call, *, items: Sequence[Numbered], represent: Callable[[Numbered], dict[str, Any]]
) -> Response:
    """One page of a short list whose pages have numbers, from 1 on; one that is not there is a 404."""
    size, text = cursor_of(call).size, call.request.args.get("page", "1")
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise wrong_parameter("page")
    number = int(text)
    page = items[(number - 1) * size : number * size] if number else []
    if not page and number != 1:
        raise not_found()
    return answer(
        call,
        size=size,
        body=[represent(item) for item in page],
        previous=str(number - 1) if number > 1 else None,
        following=str(number + 1) if number * size < len(items) else None,
        names=("page", "page"),
    )


def page_of_log(
    call: Call, *, log: Log, low_us: int, high_us: int, represent: Callable[[Entry], dict[str, Any]]
) -> Response:
    """One page of a log, newest first, between two moments."""
    cursor = cursor_of(call)
    if cursor.before and not cursor.after:
        newer_than = moment(cursor.before, name="page_before")
        low_us = max(low_us, newer_than + 1)
        found = list(islice(log.entries(low_us=low_us, high_us=high_us, newest_first=False), cursor.size + 1))
        page = found[: cursor.size][::-1]
        has_previous, has_next = len(found) > cursor.size, True
    else:
        if cursor.after:
            high_us = min(high_us, moment(cursor.after, name="page_after") - 1)
        found = list(islice(log.entries(low_us=low_us, high_us=high_us, newest_first=True), cursor.size + 1))
        page = found[: cursor.size]
        has_previous, has_next = bool(cursor.after), len(found) > cursor.size
    return answer(
        call,
        size=cursor.size,
        body=[represent(entry) for entry in page],
        previous=iso(page[0].at_us) if page and has_previous else None,
        following=iso(page[-1].at_us) if page and has_next else None,
    )


def moment(text: str, *, name: str) -> int:
    try:
        moment_us = parse_iso(text)
    except (ValueError, OverflowError):
        raise wrong_parameter(name) from None
    return min(moment_us, LATEST_US)


def answer(
    call: Call,
    *,
    size: int,
    body: list[dict[str, Any]],
    previous: str | None,
    following: str | None,
    names: tuple[str, str] = ("page_before", "page_after"),
) -> Response:
    kept = [
        (name, value)
        for name, value in call.request.args.items(multi=True)
        if name not in {"page_size", "page_after", "page_before", *names}
    ]
    url = call.sandbox.config.origin + call.request.path
    links = [
        f'<{url}?{urlencode([*kept, ("page_size", size), (name, value)], safe=":")}>; rel="{relation}"'
        for name, value, relation in (
            (names[0], previous, "previous"),
            (names[1], following, "next"),
        )
        if value
    ]
    return json_response(body, headers={"Link": ", ".join(links)} if links else None)
