"""Errors as `application/problem+json` (RFC 9457), in the contract's shape."""

import json
from collections.abc import Mapping, Sequence

from werkzeug.wrappers import Response

TITLES = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    405: "Method Not Allowed",
    406: "Not Acceptable",
    413: "Content Too Large",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
    503: "Service Unavailable",
    504: "Gateway Timeout",
}
DETAILS = {
    401: "Authentication credentials were not provided.",
    403: "You do not have permission to perform this action.",
    404: "Resource does not exist or cannot be accessed.",
    405: "Could not satisfy this HTTP method.",
    406: "Could not satisfy the requested version.",
}


class ProblemError(Exception):
    """An answer other than success, raised from wherever it is noticed."""

    def __init__(
        self,
        status: int,
        *,
        problem: str = "",
        title: str = "",
        detail: str = "",
        field_errors: Mapping[str, Sequence[str]] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status)
        self.status = status
        self.problem = problem
        self.title = title or TITLES[status]
        self.detail = detail or DETAILS.get(status, TITLES[status])
        self.field_errors = field_errors
        self.headers = dict(headers or {})

    def response(self, *, api_url: str, instance: str) -> Response:
        body: dict[str, object] = {"status": self.status, "title": self.title, "detail": self.detail}
        if self.problem:
            body = {"type": f"{api_url}/problems/{self.problem}/", **body, "instance": instance}
        if self.field_errors is not None:
            body["field_errors"] = {name: list(texts) for name, texts in self.field_errors.items()}
        return Response(
            json.dumps(body),
            status=self.status,
            headers=self.headers,
            content_type="application/problem+json",
        )


def invalid(*, problem: str, field_errors: Mapping[str, Sequence[str]]) -> ProblemError:
    """400 with what is wrong, field by field."""
    return ProblemError(
        400,
        problem=problem,
        title="Request failed validation.",
        detail=f"Error on fields: {', '.join(field_errors)}",
        field_errors=field_errors,
    )


def not_found() -> ProblemError:
    return ProblemError(404)
