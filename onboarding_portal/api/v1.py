"""The first version of the API: its operations, its errors, and its description, which is made from both."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError
from ninja.openapi.schema import OpenAPISchema

from onboarding_portal.api.hand_over import sessions
from onboarding_portal.api.problems import (
    CONTENT_TYPE,
    Invalid,
    Kind,
    Problem,
    problem_of_status,
    problem_response,
)
from onboarding_portal.api.reads import owners, reconnects, vehicles
from onboarding_portal.api.webhooks import Webhook, all_webhooks

DESCRIPTION = (
    "The company’s own systems hand owners over for connecting or reconnecting a car, and learn what came of it. "
    "Errors are problems as RFC 9457 has them. Every answer says in `RateLimit` what is left of the key’s minute, "
    "and GETs carry an `ETag`."
)


class Api(NinjaAPI):
    def get_openapi_schema(self, **options: Any) -> OpenAPISchema:
        """As the library makes it; errors have the content type they are sent with, and events stand beside."""
        schema = super().get_openapi_schema(**options)
        for each in all_webhooks():
            schema.setdefault("webhooks", {})[each.name] = {"post": _webhook(each, schema)}
        for operations in schema["paths"].values():
            for operation in operations.values():
                for status, answer in operation["responses"].items():
                    if int(status) >= 400 and "application/json" in answer.get("content", {}):
                        answer["content"] = {CONTENT_TYPE: answer["content"].pop("application/json")}
        return schema


def _webhook(each: Webhook, schema: OpenAPISchema) -> dict[str, Any]:
    told = each.model.model_json_schema(ref_template="#/components/schemas/{model}", mode="serialization")
    schema["components"]["schemas"].update(told.pop("$defs", {}))
    schema["components"]["schemas"][each.model.__name__] = told
    reference = {"$ref": f"#/components/schemas/{each.model.__name__}"}
    return {
        "operationId": f"event_{each.name.replace('.', '_')}",
        "summary": each.summary,
        "requestBody": {"required": True, "content": {"application/json": {"schema": reference}}},
        "responses": {"2XX": {"description": "Taken. Anything else is sent again."}},
    }


api = Api(
    title=f"{settings.PORTAL_NAME}: connecting cars",
    version="1",
    description=DESCRIPTION,
    docs_url=None,
    openapi_url=None,
    urls_namespace="api",
    servers=[{"url": settings.PORTAL_URL}],
)
api.add_router("", sessions.router)
api.add_router("", vehicles.router)
api.add_router("", owners.router)
api.add_router("", reconnects.router)


@api.exception_handler(Problem)
def _problem(request: HttpRequest, problem: Any) -> HttpResponse:
    return problem_response(problem)


@api.exception_handler(ValidationError)
def _invalid(request: HttpRequest, error: Any) -> HttpResponse:
    return problem_response(Problem(Kind.INVALID, errors=[_named(each) for each in error.errors]))


@api.exception_handler(HttpError)
def _refused(request: HttpRequest, error: Any) -> HttpResponse:
    """The library's own: a body that is no JSON."""
    return problem_response(problem_of_status(error.status_code))


def _named(error: dict[str, Any]) -> Invalid:
    """Pydantic's words for what is wrong, without what was sent."""
    location, *path = [str(part) for part in error["loc"]]
    if location == "body":
        path = path[1:]  # the name of our parameter
    return Invalid(location=location, pointer="/" + "/".join(path), detail=str(error["msg"])[:300])
