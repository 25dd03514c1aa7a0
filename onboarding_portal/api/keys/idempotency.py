"""Calls that are sent twice are done once: draft-ietf-httpapi-idempotency-key-header.

The name is the caller's, and each key's own. While the first call is at work the second gets 409; afterwards it gets
the first one's answer, for a day; with another body, 422. What came to nothing leaves no trace, so it may be
corrected and sent again.
"""

import hashlib
import json
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from django.db import IntegrityError, transaction
from django.http import HttpRequest
from pydantic import BaseModel

from onboarding_portal.accounts.two_factor.sealing import CannotBeOpened, seal, unseal
from onboarding_portal.api.keys.bearer import key_of
from onboarding_portal.api.models import StoredAnswer
from onboarding_portal.api.problems import Kind, Problem, invalid

LONGEST_NAME = 255
PARAMETER: dict[str, Any] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "maxLength": LONGEST_NAME},
    "description": "A word of yours for this call, new for each. Sent again with the same word, it is done once.",
    "example": '"8e03978e-40d5-43e8-bc93-6894a57f9324"',
}

Answer = TypeVar("Answer", bound=BaseModel)


def once(
    request: HttpRequest, work: Callable[[], Answer], *, answer_as: type[Answer], status: int, now: datetime
) -> Answer:
    """Does the work, or returns what it was answered before. Raises Problem: 400, 409, 422, and the work's own."""
    name = _name_of(request)
    if not name:
        return work()
    row, is_mine = _take(request, name, now=now)
    if not is_mine:
        return _answer_again(row, answer_as)
    try:
        answer = work()
        sealed = seal(answer.model_dump_json())
        StoredAnswer.objects.filter(pk=row.pk).update(status=status, sealed_body=sealed)
    except BaseException:  # whatever ended it, the name is free again; raised on
        StoredAnswer.objects.filter(pk=row.pk, status=None).delete()
        raise
    return answer


def _name_of(request: HttpRequest) -> str:
    """A string of RFC 8941 is quoted; many clients leave the quotes out."""
    name = request.headers.get("Idempotency-Key", "").strip()
    if len(name) > LONGEST_NAME or not name.isprintable():
        raise invalid("/Idempotency-Key", "is too long, or not of printable characters.", location="header")
    return name[1:-1] if len(name) > 1 and name[0] == name[-1] == '"' else name


def _take(request: HttpRequest, name: str, *, now: datetime) -> tuple[StoredAnswer, bool]:
    """The row of this name, and whether the caller is to do the work. Raises Problem."""
    key = key_of(request)
    rows = StoredAnswer.objects.filter(key=key, name_hash=_hash(name.encode()))
    rows.forgotten(now=now).delete()
    fingerprint = _hash(f"{request.method} {request.path}\n".encode() + _body_of(request))
    try:
        with transaction.atomic():
            row = StoredAnswer.objects.create(
                key=key, name_hash=_hash(name.encode()), fingerprint=fingerprint, created_at=now
            )
    except IntegrityError:
        found = rows.first()
        if found is None or (found.fingerprint == fingerprint and found.status is None):
            raise Problem(Kind.IN_PROGRESS, headers={"Retry-After": "1"}) from None
        if found.fingerprint != fingerprint:
            raise Problem(Kind.KEY_REUSED) from None
        return found, False
    return row, True


def _body_of(request: HttpRequest) -> bytes:
    """The same whatever the order of the fields and the spaces between them."""
    return json.dumps(json.loads(request.body), sort_keys=True).encode()


def _hash(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def _answer_again(row: StoredAnswer, answer_as: type[Answer]) -> Answer:
    try:
        return answer_as.model_validate_json(unseal(row.sealed_body))
    except CannotBeOpened:  # SECRET_KEY was changed meanwhile
        raise Problem(Kind.CONFLICT, detail="The first answer can no longer be read. Begin anew.") from None
