"""Checks requests to ev.energy, and the answers tests fake, against ev.energy's own OpenAPI description.

The description is not part of this repository: CI gives its path in EV_ENERGY_OPENAPI. Without it only the basic
checks are made. Where the description cannot be satisfied literally, `NOT_LITERAL` says so, and why.
"""

import copy
import json
import os
import re
from datetime import datetime
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import yaml
from openapi_core import Config, OpenAPI
from openapi_core.contrib.requests import RequestsOpenAPIRequest, RequestsOpenAPIResponse
from openapi_core.exceptions import OpenAPIError
from requests import PreparedRequest, Response

PUBLIC_URL: Final = "https://api.ev.energy/v2"

# path, query parameter, what is checked instead, why
NOT_LITERAL: Final = [
    (
        r"/vehicles/[^/]+/(status|error|command)_logs",
        parameter,
        lambda value: datetime.fromisoformat(value).tzinfo is not None,
        "Logs page by time stamp; the parameter is described once for all lists, with the pattern of an id.",
    )
    for parameter in ("page_after", "page_before")
]
# Gateways and crashes answer with these; no description lists them.
NOT_DESCRIBED_FROM_STATUS: Final = 500


class ContractBroken(AssertionError):
    """A request or a faked answer is not what ev.energy describes."""


class Contract:
    """The description, read once."""

    def __init__(self, description: dict[str, Any]) -> None:
        self._paths = description["paths"]
        self._parameters = description["components"]["parameters"]
        self._default_security = description.get("security", [])
        # openapi-core knows no OAuth flows; whether a token is needed is checked below.
        self._security = {
            (path, method): operation.pop("security", self._default_security)
            for path, operations in self._paths.items()
            for method, operation in operations.items()
            if method != "parameters"
        }
        description.pop("security", None)
        config = Config(extra_media_type_deserializers={"application/problem+json": json.loads})
        self._answers = OpenAPI.from_dict(description, config=config)
        self._requests = OpenAPI.from_dict(_as_sent(description), config=config)

    def check_request(self, request: PreparedRequest, *, api_url: str) -> None:
        """Raises ContractBroken: unknown path, unknown or unfit parameter, body or header."""
        public = _public(request, api_url=api_url)
        template, operation = self._operation(public)
        self._check_query_names(public, template, operation)
        method = str(public.method).lower()
        if self._security[template, method] and "Authorization" not in public.headers:
            raise ContractBroken(f"{method} {template} needs a token")
        try:
            self._requests.validate_request(RequestsOpenAPIRequest(public))
        except OpenAPIError as error:
            raise ContractBroken(f"{method} {template}: {_why(error)}") from error

    def check_answer(self, request: PreparedRequest, response: Response, *, api_url: str) -> None:
        """Raises ContractBroken: undescribed status or type, unfit body."""
        if response.status_code >= NOT_DESCRIBED_FROM_STATUS:
            return
        public = _public(request, api_url=api_url)
        try:
            self._answers.validate_response(RequestsOpenAPIRequest(public), RequestsOpenAPIResponse(response))
        except OpenAPIError as error:
            where = f"{public.method} {urlsplit(str(public.url)).path} -> {response.status_code}"
            raise ContractBroken(f"{where}: {_why(error)}") from error

    def _operation(self, request: PreparedRequest) -> tuple[str, dict[str, Any]]:
        path = urlsplit(str(request.url)).path.removeprefix("/v2")
        for template, operations in self._paths.items():
            pattern = re.sub(r"\{[^}]+\}", "[^/]+", template)
            if re.fullmatch(pattern, path) and str(request.method).lower() in operations:
                return template, operations
        raise ContractBroken(f"{request.method} {path} is not described")

    def _check_query_names(self, request: PreparedRequest, template: str, operations: dict[str, Any]) -> None:
        described = operations[str(request.method).lower()].get("parameters", [])
        both = [*described, *operations.get("parameters", [])]
        resolved = [
            self._parameters[entry["$ref"].rsplit("/", 1)[1]] if "$ref" in entry else entry for entry in both
        ]
        names = {entry["name"] for entry in resolved if entry["in"] == "query"}
        sent = {name for name, _ in parse_qsl(urlsplit(str(request.url)).query)}
        if sent - names:
            raise ContractBroken(f"{request.method} {template} has no parameter {sorted(sent - names)}")


def _as_sent(description: dict[str, Any]) -> dict[str, Any]:
    """The description for requests: what is required and read-only is required of answers alone."""
    sent = copy.deepcopy(description)
    for schema in sent["components"]["schemas"].values():
        fields = schema.get("properties", {})
        schema["required"] = [
            name for name in schema.get("required", []) if not fields.get(name, {}).get("readOnly")
        ]
    return sent


def _public(request: PreparedRequest, *, api_url: str) -> PreparedRequest:
    """The request as it would go to the public address, without what is exempt from the description."""
    address = str(request.url)
    if not address.startswith(f"{api_url}/"):
        raise ContractBroken(f"{request.method} goes to another address than the API's")
    parts = urlsplit(PUBLIC_URL + address.removeprefix(api_url))
    query = [
        (name, value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
        if not _is_exempt(parts.path.removeprefix("/v2"), name, value)
    ]
    public = request.copy()
    public.url = urlunsplit(parts._replace(query=urlencode(query)))
    return public


def _is_exempt(path: str, name: str, value: str) -> bool:
    for pattern, parameter, is_fit, _reason in NOT_LITERAL:
        if name == parameter and re.fullmatch(pattern, path):
            if not is_fit(value):
                raise ContractBroken(f"{path}: {name} is not fit")
            return True
    return False


def with_body(response: Response, body: bytes) -> Response:
    """The same answer as if it had not been read yet."""
    unread = Response()
    unread.status_code, unread.headers, unread.url = response.status_code, response.headers, response.url
    unread.raw = BytesIO(body)
    return unread


def _why(error: BaseException) -> str:
    """The whole chain: openapi-core's outer error only says that something is invalid."""
    details = [str(entry.message) for entry in getattr(error, "schema_errors", [])]
    inner = error.__cause__
    return "; ".join([str(error), *details, *([_why(inner)] if inner else [])])


def check_basics(request: PreparedRequest, *, api_url: str) -> None:
    """What must be true of each request to the API whatever its operation. Raises ContractBroken."""
    parts = urlsplit(str(request.url))
    query = parse_qsl(parts.query)
    token = request.headers.get("Authorization", "")
    expectations = {
        "goes to the API": str(request.url).startswith(f"{api_url}/"),
        "carries a bearer token": token.startswith("Bearer ") and len(token) > len("Bearer "),
        "names version 2": request.headers.get("EvEnergy-Version") == "2",
        "has no trailing or double slash": not parts.path.endswith("/") and "//" not in parts.path,
        "repeats expand instead of a comma list": all("," not in v for n, v in query if n == "expand"),
        "asks for pages of 1 to 100": all(1 <= int(v) <= 100 for n, v in query if n == "page_size"),
    }
    if broken := [name for name, is_met in expectations.items() if not is_met]:
        raise ContractBroken(f"{request.method} {parts.path}: {', '.join(broken)}: not so")


@cache
def contract() -> Contract | None:
    """ev.energy's description, or None where its path is not given."""
    path = os.environ.get("EV_ENERGY_OPENAPI", "")
    if not path:
        return None
    return Contract(yaml.load(Path(path).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
