"""Which errors an operation may answer with, for its description."""

from typing import Any

from onboarding_portal.api.problems import ProblemDetails


def problems(*statuses: int) -> dict[int, Any]:
    return dict.fromkeys(statuses, ProblemDetails)


PROBLEMS = problems(400, 401, 403, 422, 429, 503)
PROBLEMS_OF_ONE = problems(400, 401, 403, 404, 422, 429, 503)
