"""Errors as RFC 9457 has them: each kind has an address, a title and a status; what is wrong here stands beside.

The list of kinds is closed, and the API's page tells of each.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import JsonResponse
from pydantic import BaseModel, Field

CONTENT_TYPE = "application/problem+json"
PAGE = "/api/v1/docs/"


class Kind(Enum):
    """Slug, status, title."""

    MALFORMED = ("malformed", 400, "The request cannot be read")
    NOT_AUTHENTICATED = ("not-authenticated", 401, "No key, or one that does not work")
    NOT_ALLOWED = ("not-allowed", 403, "The key lacks a scope")
    NOT_FOUND = ("not-found", 404, "There is no such thing")
    METHOD_NOT_ALLOWED = ("method-not-allowed", 405, "This address does not take the method")
    CONFLICT = ("conflict", 409, "This cannot be done as things stand")
    IN_PROGRESS = ("in-progress", 409, "The same call is at work")
    TOO_LARGE = ("too-large", 413, "The request is too large")
    INVALID = ("invalid", 422, "Something in the request is not valid")
    KEY_REUSED = ("idempotency-key-reused", 422, "This Idempotency-Key belongs to another call")
    TOO_MANY_REQUESTS = ("too-many-requests", 429, "Too many requests")
    BROKEN = ("broken", 500, "Something went wrong on our side")
    UNAVAILABLE = ("unavailable", 503, "Not available at the moment")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title


class Invalid(BaseModel):
    """One thing that is wrong."""

    location: str = Field(description="Where: body, query, path or header.", examples=["body"])
    pointer: str = Field(description="Which field, as a JSON pointer.", examples=["/return_url"])
    detail: str


class ProblemDetails(BaseModel):
    """An error (RFC 9457)."""

    type: str = Field(description="The kind of error; its address tells more.")
    title: str
    status: int
    detail: str = Field(default="", description="What is wrong in this call.")
    errors: list[Invalid] = Field(default=[], description="Each thing that is wrong, where it can be named.")


@dataclass
class Problem(Exception):
    """Ends a call of the API. `detail` never repeats what was sent."""

    kind: Kind
    detail: str = ""
    errors: Sequence[Invalid] = ()
    headers: Mapping[str, str] | None = None


def problem_response(problem: Problem, *, status: int | None = None) -> JsonResponse:
    kind = problem.kind
    body: dict[str, Any] = {
        "type": f"{settings.PORTAL_URL}{PAGE}#{kind.slug}",
        "title": kind.title,
        "status": status or kind.status,
    }
    if problem.detail:
        body["detail"] = problem.detail
    if problem.errors:
        body["errors"] = [error.model_dump() for error in problem.errors]
    return JsonResponse(
        body, status=body["status"], content_type=CONTENT_TYPE, headers=dict(problem.headers or {})
    )


def problem_of_status(status: int) -> Problem:
    """What a bare status of Django's is to the API's callers."""
    kind = next((kind for kind in Kind if kind.status == status), None)
    if kind is None:
        kind = Kind.BROKEN if status >= HTTPStatus.INTERNAL_SERVER_ERROR else Kind.MALFORMED
    return Problem(kind)


def invalid(pointer: str, detail: str, *, location: str = "body") -> Problem:
    """One field that is wrong."""
    return Problem(Kind.INVALID, errors=[Invalid(location=location, pointer=pointer, detail=detail)])
