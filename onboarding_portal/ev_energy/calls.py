"""How one operation is carried out: token, sending, errors, typed answer, log line."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from onboarding_portal.ev_energy.auth import BearerAuth, TokenSource
from onboarding_portal.ev_energy.budget import Budget
from onboarding_portal.ev_energy.call_log import logged
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.errors import BadResponse
from onboarding_portal.ev_energy.json_types import Resource, parse, parse_list
from onboarding_portal.ev_energy.pagination import next_cursor, previous_cursor
from onboarding_portal.ev_energy.resources import Page
from onboarding_portal.ev_energy.responses import Answer, raise_for_problem
from onboarding_portal.ev_energy.retries import Repeat
from onboarding_portal.ev_energy.transport import Call, Transport

R = TypeVar("R", bound=Resource)
T = TypeVar("T")

DEADLINE_SECONDS = 10.0  # an owner looks at an unfinished page no longer


class Caller:
    """Calls the API under one address with one identity."""

    def __init__(
        self,
        *,
        api_url: str,
        transport: Transport,
        tokens: TokenSource,
        budget: Budget,
        deadline_seconds: float = DEADLINE_SECONDS,
    ) -> None:
        self._api_url = api_url
        self._transport = transport
        self._tokens = tokens
        self._budget = budget
        self._deadline_seconds = deadline_seconds

    def address(self, path: str) -> str:
        """The absolute address of a resource, as references to it are written."""
        return f"{self._api_url}{path}"

    def one(
        self,
        operation: str,
        method: str,
        path: str,
        kind: type[R],
        *,
        query: Sequence[tuple[str, str]] = (),
        json: Mapping[str, Any] | None = None,
        user_id: str = "",
        accept_language: str = "",
        repeat: Repeat = Repeat.READ,
    ) -> R:
        """The one object that is the answer."""
        call = Call(
            operation=operation,
            method=method,
            url=f"{self._api_url}{path}",
            query=query,
            json=json,
            user_id=user_id,
            accept_language=accept_language,
            repeat=repeat,
        )
        return self._carry_out(call, lambda answer: parse(kind, answer.json()))

    def done(self, operation: str, method: str, path: str, *, repeat: Repeat = Repeat.READ) -> None:
        """For what is done by being answered well, whatever the answer says."""
        call = Call(operation=operation, method=method, url=f"{self._api_url}{path}", repeat=repeat)
        self._carry_out(call, lambda answer: None)

    def pages(
        self,
        operation: str,
        path: str,
        kind: type[R],
        *,
        query: Sequence[tuple[str, str]] = (),
        user_id: str = "",
        page_after: str | None = None,
        page_before: str | None = None,
        cursor_name: str = "page_after",
    ) -> Iterator[Page[R]]:
        """All pages of a list from a cursor on, each asked for when wanted. A circle is a BadResponse.

        With `page_before`, the first is the page that ends there. Lists with numbered pages have the
        `cursor_name` "page".
        """
        seen = {page_after}
        cursor = [("page_before", page_before)] if page_before else []
        while True:
            if page_after:
                cursor = [(cursor_name, page_after)]
            call = Call(
                operation=operation,
                url=f"{self._api_url}{path}",
                query=[*query, *cursor],
                user_id=user_id,
            )
            page = self._carry_out(call, lambda answer: self._page(answer, kind, seen, cursor_name))
            yield page
            page_after = page.next_cursor
            if page_after is None:
                return
            seen.add(page_after)

    def _page(self, answer: Answer, kind: type[R], seen: set[str | None], cursor_name: str) -> Page[R]:
        cursor = next_cursor(answer, parameter=cursor_name)
        if cursor is not None and cursor in seen:
            raise BadResponse("The pages go round in a circle.", field="Link")
        items, unreadable = parse_list(kind, answer.json())
        return Page(
            items=items,
            next_cursor=cursor,
            previous_cursor=previous_cursor(answer),
            unreadable=unreadable,
        )

    def _carry_out(self, call: Call, read: Callable[[Answer], T]) -> T:
        with deadline(seconds=self._deadline_seconds), logged(operation=call.operation) as record:
            token = self._tokens.token()
            record.answer = answer = self._send(call, BearerAuth(token))
            if answer.status == 401:
                token = self._tokens.token(refused=token)
                record.answer = answer = self._send(call, BearerAuth(token))
            raise_for_problem(answer, operation=call.operation)
            return read(answer)

    def _send(self, call: Call, auth: BearerAuth) -> Answer:
        return self._transport.send(call, auth=auth, budget=self._budget)
