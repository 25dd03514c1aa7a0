"""Real threads on a real PostgreSQL: what comes twice at the same moment is done once."""

from collections import Counter

import pytest
from django.conf import settings
from django.test import Client

from onboarding_portal.accounts.models import User
from onboarding_portal.api.models import HandOver, StoredAnswer
from tests.api.events.rows import an_endpoint, told
from tests.api.rows import SITE, ApiClient, make_hand_over, make_key
from tests.factories import make_owner
from tests.reconnects.test_races import THREADS, at_once

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

ASKED = {"email": "ann@example.com", "journey": "connect", "return_url": f"{SITE}/cars"}


def test_link_opened_at_once_in_many_browsers_is_opened_in_one() -> None:
    an_endpoint()
    row, token = make_hand_over(owner=make_owner(last_login=None))

    answers = at_once(lambda: Client().post(f"/hand-over/{token}/"))

    assert Counter(getattr(answer, "status_code", answer) for answer in answers) == {302: 1, 410: THREADS - 1}
    has_session = [settings.SESSION_COOKIE_NAME in getattr(answer, "cookies", {}) for answer in answers]
    assert has_session.count(True) == 1
    row.refresh_from_db()
    assert row.opened_at
    assert told() == ["owner.created"]


def test_call_sent_at_once_under_one_name_is_done_once() -> None:
    secret = make_key()[1]

    def call() -> tuple[int, str]:
        answer = ApiClient(secret).post("/sessions", ASKED, **{"Idempotency-Key": '"once"'})
        return answer.status_code, answer.json().get("url", answer.headers.get("Retry-After"))

    answers = at_once(call)

    (row,) = HandOver.objects.all()
    assert StoredAnswer.objects.count() == User.objects.count() == 1
    made = {url for status, url in answers if status == 201}
    assert len(made) == 1
    assert {answer for answer in answers if answer[0] != 201} <= {(409, "1")}
    assert call() == (201, made.pop())
    assert HandOver.objects.get() == row


def test_owner_nobody_knows_handed_over_at_once_is_one_owner() -> None:
    secret = make_key()[1]

    answers = at_once(lambda: ApiClient(secret).post("/sessions", ASKED).status_code)

    assert answers == [201] * THREADS
    assert User.objects.count() == 1
    assert HandOver.objects.filter(owner=User.objects.get()).count() == THREADS
