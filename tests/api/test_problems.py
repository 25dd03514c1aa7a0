"""Whatever goes wrong, callers get a problem they can read (RFC 9457), never a page for people."""

import pytest
from django.test import Client

from tests.api.rows import ApiClient

pytestmark = pytest.mark.django_db

CASES = {
    "no such address": ("get", "/api/v1/nothing", 404),
    "no such version": ("get", "/api/v9/vehicles", 404),
    "a method it does not take": ("delete", "/api/v1/vehicles", 405),
    "a filter that is none": ("get", "/api/v1/vehicles?limit=0", 422),
    "a word for a number": ("get", "/api/v1/vehicles?owner_id=x", 422),
    "a number past all": ("get", f"/api/v1/vehicles?owner_id={10**30}", 422),
    "a NUL": ("get", "/api/v1/vehicles?make_id=%00", 422),
}


@pytest.mark.parametrize("case", CASES)
def test_errors_are_problems(api: ApiClient, case: str) -> None:
    method, path, status = CASES[case]

    answer = getattr(Client(), method)(path, headers=api.headers)

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"].startswith("http://testserver/api/v1/docs/#")
    assert problem["title"]


def test_body_that_is_too_large_is_a_problem(api: ApiClient) -> None:
    answer = Client().post("/api/v1/vehicles", b"x" * 3_000_000, content_type="application/json")

    assert answer.status_code == 413
    assert answer.json()["status"] == 413


def test_head_is_get_without_the_body(api: ApiClient) -> None:
    answer = Client().head("/api/v1/vehicles", headers=api.headers)

    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) > 0
