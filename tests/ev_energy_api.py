"""ev.energy for tests: answers given over `responses`, everything said checked against the contract."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import responses
from django.conf import settings
from requests import PreparedRequest, Response
from urllib3 import HTTPResponse

from onboarding_portal.ev_energy.client import forget_client
from tests.contract import check_basics, contract, with_body
from tests.ev_energy_answers import Json, an_id, problem_json, url, user_json

HEADERS = {"EvEnergy-Version": "2", "X-RateLimit-Limit": "1000", "X-RateLimit-Remaining": "990"}


class EvEnergyApi:
    """Register answers with `add_…`; an answer registered twice for one request comes in that order.

    `requests` are those made so far, the fetching of tokens left out.
    """

    def __init__(self, mock: responses.RequestsMock) -> None:
        self.mock = mock
        self.mock.response_callback = self._remember
        self._said: list[tuple[Response, bytes]] = []
        self._unchecked: list[responses.BaseResponse] = []
        self.token_answer = self.add_token()

    @property
    def requests(self) -> list[PreparedRequest]:
        token_url = settings.EV_ENERGY_TOKEN_URL
        return [call.request for call in self.mock.calls if call.request.url != token_url]

    def add(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        body: str | bytes | Exception | None = None,
        status: int = 200,
        query: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        content_type: str = "application/json",
        breaks_contract: bool = False,
    ) -> responses.BaseResponse:
        """An answer to `method` on the API's `path`; `query` is the part of the query that has to be there."""
        match = [responses.matchers.query_param_matcher(query, strict_match=False)] if query else []
        content = {"json": json} if body is None else {"body": body}
        answer = self.mock.add(
            method,
            url(path),
            status=status,
            match=match,
            headers={**HEADERS, **(headers or {})},
            content_type=content_type,
            **content,
        )
        if breaks_contract:
            self._unchecked.append(answer)
        return answer

    def add_token(self, **fields: Any) -> responses.BaseResponse:
        token = {
            "access_token": "a-token",
            "expires_in": 36000,
            "token_type": "Bearer",
            "scope": "",
            **fields,
        }
        return self.mock.add("POST", settings.EV_ENERGY_TOKEN_URL, json=token)

    def add_problem(
        self,
        method: str,
        path: str,
        status: int,
        *,
        headers: dict[str, str] | None = None,
        breaks_contract: bool = False,
        **fields: Any,
    ) -> responses.BaseResponse:
        """A problem+json answer. A status the operation does not describe needs `breaks_contract=True`."""
        return self.add(
            method,
            path,
            json=problem_json(status, **fields),
            status=status,
            headers=headers,
            content_type="application/problem+json",
            breaks_contract=breaks_contract,
        )

    def add_failure(self, method: str, path: str, failure: Exception) -> responses.BaseResponse:
        """No answer but an error of `requests`, such as `requests.ConnectionError()`."""
        return self.add(method, path, body=failure)

    def add_pages(self, path: str, *pages: Sequence[Json], cursor_field: str = "id") -> None:
        """A list in pages, linked as ev.energy links them."""
        for index, page in enumerate(pages):
            is_last = index == len(pages) - 1
            following = "about:blank" if is_last else f"{url(path)}?page_after={page[-1][cursor_field]}"
            after = pages[index - 1][-1][cursor_field] if index else None
            without_cursor = {"page_after": after} if after else None
            self.add(
                "GET",
                path,
                json=list(page),
                query=without_cursor,
                headers={"Link": f'<about:blank>; rel="previous", <{following}>; rel="next"'},
            )

    def add_created_user(self, user: Json | None = None) -> responses.BaseResponse:
        return self.add("POST", "/users", json=user or user_json(), status=201)

    def add_users(self, *users: Json) -> None:
        self.add_pages("/users", users)

    def add_user(self, user: Json) -> responses.BaseResponse:
        return self.add("GET", f"/users/{user['id']}", json=user)

    def add_makes(self, *pages: Sequence[Json]) -> None:
        self.add_pages("/vehicle_makes", *pages)

    def add_models(self, *pages: Sequence[Json]) -> None:
        self.add_pages("/vehicle_models", *pages)

    def add_trims(self, *pages: Sequence[Json]) -> None:
        self.add_pages("/vehicle_trims", *pages)

    def add_compatibility(
        self, *, compatible: bool = True, rank: int | None = None
    ) -> responses.BaseResponse:
        verdict = {"compatible": compatible, "recommendation_rank": rank}
        return self.add("GET", "/vehicle_compatibility/check", json=verdict)

    def add_waitlist(self) -> responses.BaseResponse:
        return self.add("POST", "/vehicle_waitlist", json={"id": an_id("vwlt")}, status=201)

    def add_vehicle(self, vehicle: Json) -> responses.BaseResponse:
        return self.add("GET", f"/vehicles/{vehicle['id']}", json=vehicle)

    def add_vehicles(self, *pages: Sequence[Json]) -> None:
        self.add_pages("/vehicles", *pages)

    def add_reconnect_link(
        self,
        vehicle_id: str,
        *,
        address: str = "https://app.ev.energy/vehicle-onboarding/start/56091b3b-86e9-4e7c-a825-f99e5d131234",
        **expiry: str,
    ) -> responses.BaseResponse:
        """`expires_at=` or `expiry=`, as ev.energy writes both; with neither it does not say."""
        link = {"url": address, **expiry}
        return self.add("POST", f"/vehicles/{vehicle_id}/reconnect", json=link, status=201)

    def add_status_logs(self, vehicle_id: str, *pages: Sequence[Json]) -> None:
        self.add_pages(f"/vehicles/{vehicle_id}/status_logs", *pages, cursor_field="sampled_at")

    def add_error_logs(self, vehicle_id: str, *pages: Sequence[Json]) -> None:
        self.add_pages(f"/vehicles/{vehicle_id}/error_logs", *pages, cursor_field="logged_at")

    def add_command_logs(self, vehicle_id: str, *pages: Sequence[Json]) -> None:
        self.add_pages(f"/vehicles/{vehicle_id}/command_logs", *pages, cursor_field="logged_at")

    def add_status_log(self, vehicle_id: str, entry: Json) -> responses.BaseResponse:
        return self.add("GET", f"/vehicles/{vehicle_id}/status_logs/{entry['sampled_at']}", json=entry)

    def add_error_log(self, vehicle_id: str, entry: Json) -> responses.BaseResponse:
        return self.add("GET", f"/vehicles/{vehicle_id}/error_logs/{entry['logged_at']}", json=entry)

    def add_command_log(self, vehicle_id: str, entry: Json) -> responses.BaseResponse:
        return self.add("GET", f"/vehicles/{vehicle_id}/command_logs/{entry['logged_at']}", json=entry)

    def check_everything_said(self) -> None:
        """Raises ContractBroken for the first request or answer that is not what ev.energy describes."""
        description = contract()
        api_url = settings.EV_ENERGY_API_URL
        for request in self.requests:
            check_basics(request, api_url=api_url)
            if description:
                description.check_request(request, api_url=api_url)
        unchecked = [call.response for answer in self._unchecked for call in answer.calls]
        for response, body in self._said:
            is_token = response.request.url == settings.EV_ENERGY_TOKEN_URL
            if description and not is_token and not any(response is other for other in unchecked):
                description.check_answer(response.request, with_body(response, body), api_url=api_url)

    def _remember(self, response: Response) -> Response:
        """Keeps the body for the check: the client reads it as a stream, and that can be done once."""
        body = response.raw.read(decode_content=False)
        self._said.append((response, body))
        response.raw = HTTPResponse(
            body=BytesIO(body),
            status=response.status_code,
            headers=response.raw.headers,
            preload_content=False,
        )
        return response


@contextmanager
def faked_ev_energy() -> Iterator[EvEnergyApi]:
    """ev.energy with a token and nothing else; on leaving, all that was said is checked."""
    forget_client()
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        api = EvEnergyApi(mock)
        yield api
        api.check_everything_said()
    forget_client()
