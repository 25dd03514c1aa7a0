"""The API's description as people read it: a page of our own, because viewers bring megabytes of script, styles in
the page, or another host, and the policy of the pages allows none of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from onboarding_portal.api.problems import Kind
from onboarding_portal.api.v1 import api

Json = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    name: str
    kind: str
    is_required: bool
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    anchor: str
    method: str
    path: str
    summary: str
    says: str
    takes: list[Field] = field(default_factory=list)
    gives: list[Field] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1."""
    return JsonResponse(api.get_openapi_schema())


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    schema = api.get_openapi_schema()
    context = {
        "info": schema["info"],
        "operations": list(_operations(schema, schema["paths"])),
        "events": list(_operations(schema, schema.get("webhooks", {}))),
        "kinds": list(Kind),
    }
    return render(request, "api/docs.html", context)


def _operations(schema: Json, paths: Json) -> Iterator[Operation]:
    for path, methods in paths.items():
        for method, told in methods.items():
            answers = told["responses"]
            good: Json = next(
                (answer for status, answer in answers.items() if str(status).startswith("2")), {}
            )
            body = list(_fields(schema, _schema_in(told.get("requestBody", {}))))
            yield Operation(
                anchor=told["operationId"],
                method=method.upper(),
                path=path,
                summary=told["summary"],
                says=told.get("description", ""),
                takes=[*map(_parameter, told.get("parameters", [])), *body],
                gives=list(_fields(schema, _schema_in(good))),
                errors=[str(status) for status in answers if not str(status).startswith("2")],
            )


def _schema_in(content: Json) -> Json:
    for each in content.get("content", {}).values():
        found: Json = each.get("schema", {})
        return found
    return {}


def _parameter(told: Json) -> Field:
    says = told.get("description", "")
    return Field(
        name=f"{told['name']} ({told['in']})",
        kind=_kind(told["schema"]),
        is_required=told.get("required", False),
        says=says,
    )


def _fields(schema: Json, told: Json) -> Iterator[Field]:
    told = _resolved(schema, told)
    required = told.get("required", [])
    for name, each in told.get("properties", {}).items():
        yield Field(
            name=name, kind=_kind(each), is_required=name in required, says=each.get("description", "")
        )


def _resolved(schema: Json, told: Json) -> Json:
    name = told.get("$ref", "").rpartition("/")[2]
    found: Json = schema["components"]["schemas"][name] if name else told
    return found


def _kind(told: Json) -> str:
    if "$ref" in told:
        return str(told["$ref"].rpartition("/")[2])
    if options := told.get("anyOf"):
        return " | ".join(_kind(option) for option in options)
    if "const" in told or "enum" in told:
        return " | ".join(str(value) for value in told.get("enum", [told.get("const")]))
    if told.get("type") == "array":
        return f"{_kind(told.get('items', {}))}[]"
    return str(told.get("format") or told.get("type", "any"))
