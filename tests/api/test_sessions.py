"""Making sessions: what is taken, what is refused, and that a call sent twice is done once."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from onboarding_portal.accounts.models import AuditEntry, User
from onboarding_portal.api.models import ApiKey, HandOver, Scope, StoredAnswer
from tests.api.rows import SITE, ApiClient, make_key
from tests.ev_energy_answers import an_id, user_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_make, make_model, make_owner, make_staff, make_vehicle
from tests.reconnects.rows import make_broken_car

pytestmark = pytest.mark.django_db


def asked(**fields: Any) -> dict[str, Any]:
    return {"email": "ann@example.com", "journey": "connect", "return_url": f"{SITE}/cars", **fields}


def test_session_has_a_link_for_half_an_hour(api: ApiClient) -> None:
    with time_machine.travel(NOW, tick=False):
        answer = api.post("/sessions", asked(reference="customer 4711", language="de"))

    made, row = answer.json(), HandOver.objects.get()
    token = made["url"].removeprefix("http://testserver/hand-over/").strip("/")
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert made["expires_at"] == "2026-03-14T10:00:00Z"
    assert re.fullmatch(r"[\w-]{43}", token)
    assert token not in str(HandOver.objects.values().get())
    assert (row.reference, row.language, row.owner.email) == ("customer 4711", "de", "ann@example.com")
    assert row.owner.is_established
    assert AuditEntry.objects.get(act="api.handed_in").actor_kind == "KEY"


def test_owner_who_is_known_is_handed_over_as_they_are(api: ApiClient) -> None:
    owner = make_owner(email="ann@example.com")

    api.post("/sessions", asked(email="Ann@EXAMPLE.com"))
    api.post("/sessions", {**asked(), "email": None, "ev_energy_user_id": owner.ev_energy_user_id})

    assert list(HandOver.objects.values_list("owner", flat=True)) == [owner.pk] * 2


def test_owner_only_ev_energy_knows_is_asked_for_there(api: ApiClient, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_user(user_json(7, email="bea@example.com"))

    answer = api.post("/sessions", {**asked(), "email": None, "ev_energy_user_id": an_id("user", 7)})

    assert answer.status_code == 201
    assert User.objects.get(email="bea@example.com").ev_energy_user_id == an_id("user", 7)


def test_ev_energy_that_is_away_is_told_and_nothing_stored(
    api: ApiClient, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_problem("GET", f"/users/{an_id('user', 7)}", 503)

    answer = api.post("/sessions", {**asked(), "email": None, "ev_energy_user_id": an_id("user", 7)})

    assert answer.status_code == 503
    assert not HandOver.objects.exists()


# `pointer` is the field that is wrong, `fields` what is sent in place of what is right.
REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "a site the key does not allow": ("/return_url", {"return_url": "https://evil.example/cars"}),
    "a subdomain of an allowed site": ("/return_url", {"return_url": "https://a.www.brightfield.example/"}),
    "an allowed site as a subdomain": ("/return_url", {"return_url": f"{SITE}.evil.example/"}),
    "an allowed site as a user": ("/return_url", {"return_url": f"{SITE}@evil.example/"}),
    "an allowed site with another port": ("/return_url", {"return_url": f"{SITE}:8443/"}),
    "without https": ("/return_url", {"return_url": "http://www.brightfield.example/"}),
    "a script": ("/return_url", {"return_url": "javascript:alert(1)//www.brightfield.example"}),
    "data": ("/return_url", {"return_url": "data:text/html,<script>alert(1)</script>"}),
    "an app's scheme": ("/return_url", {"return_url": "brightfield://www.brightfield.example/"}),
    "a path alone": ("/return_url", {"return_url": "/cars/elsewhere"}),
    "no scheme": ("/return_url", {"return_url": "//www.brightfield.example/"}),
    "backslashes": ("/return_url", {"return_url": "https:\\\\www.brightfield.example\\"}),
    "a backslash before the user": ("/return_url", {"return_url": f"https://evil.example\\@{SITE[8:]}/"}),
    "a tab in the scheme": ("/return_url", {"return_url": "java\tscript:alert(1)"}),
    "a line end": ("/return_url", {"return_url": f"{SITE}/\r\nSet-Cookie: a=b"}),
    "a fragment": ("/return_url", {"return_url": f"{SITE}/#here"}),
    "too long": ("/return_url", {"return_url": f"{SITE}/{'a' * 2000}"}),
    "no address": ("/email", {"email": None}),
    "two names of the owner": ("/email", {"ev_energy_user_id": an_id("user", 1)}),
    "an address that is none": ("/email", {"email": "ann"}),
    "a NUL": ("/email", {"email": "an\x00n@example.com"}),
    "staff": ("/email", {"email": "staff@example.com"}),
    "a closed account": ("/email", {"email": "closed@example.com"}),
    "a make that is unknown": ("/make_id", {"make_id": an_id("vmak", 999)}),
    "a model without a make": ("/model_id", {"model_id": an_id("vmod", 1)}),
    "a car for a new connection": ("/vehicle_id", {"vehicle_id": an_id("vhcl", 1)}),
    "no car to reconnect": ("/vehicle_id", {"journey": "reconnect"}),
    "a make to reconnect": ("/make_id", {"journey": "reconnect", "make_id": an_id("vmak", 1)}),
    "a car nobody knows": ("/vehicle_id", {"journey": "reconnect", "vehicle_id": an_id("vhcl", 999)}),
    "a journey there is not": ("/journey", {"journey": "both"}),
    "a field there is not": ("/owner", {"owner": "ann"}),
    "a language that is none": ("/language", {"language": "German, please"}),
    "control characters in the reference": ("/reference", {"reference": "a\x1b[31m"}),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_wrong_is_named_and_nothing_is_stored(api: ApiClient, case: str) -> None:
    make_staff(email="staff@example.com")
    make_owner(email="closed@example.com", is_active=False)
    users = User.objects.count()
    pointer, fields = REFUSED[case]

    answer = api.post("/sessions", asked(**fields))

    assert answer.status_code == 422, answer.content
    assert [error["pointer"] for error in answer.json()["errors"]] == [pointer]
    assert not HandOver.objects.exists()
    assert User.objects.count() == users


def test_another_owners_car_is_as_unknown_as_none(api: ApiClient) -> None:
    make_owner(email="ann@example.com")
    others = make_broken_car()

    answers = [
        api.post("/sessions", asked(journey="reconnect", vehicle_id=car))
        for car in (others.pk, an_id("vhcl", 999))
    ]

    assert [answer.status_code for answer in answers] == [422, 422]
    assert answers[0].json() == answers[1].json()


def test_car_that_cannot_be_reconnected_is_a_conflict(api: ApiClient) -> None:
    car = make_vehicle(owner=make_owner(email="ann@example.com"), is_disabled=True)

    assert api.post("/sessions", asked(journey="reconnect", vehicle_id=car.pk)).status_code == 409


def test_pick_is_kept(api: ApiClient) -> None:
    model = make_model(make=make_make())

    answer = api.post("/sessions", asked(make_id=model.make_id, model_id=model.pk))

    assert answer.status_code == 201
    assert HandOver.objects.get().model_id == model.pk


def test_plain_http_is_for_this_machine_alone_and_not_beside_https(settings: Any) -> None:
    _key, secret = make_key(origins=["http://localhost:3000"])
    local = asked(return_url="http://localhost:3000/back")
    tried_out = ApiClient(secret).post("/sessions", local)
    settings.PORTAL_URL = "https://cars.example.com"
    for_real = ApiClient(secret).post("/sessions", local)

    assert (tried_out.status_code, for_real.status_code) == (201, 422)


def test_scope_is_needed_for_both() -> None:
    _key, secret = make_key(Scope.VEHICLES_READ, Scope.RECONNECTS_WRITE, Scope.LINKS_READ)
    api = ApiClient(secret)

    assert api.post("/sessions", asked()).status_code == 403
    assert api.get("/sessions/00000000-0000-0000-0000-000000000000").status_code == 403


# Idempotency


@pytest.mark.parametrize("name", ['"8e03978e"', "8e03978e"])
def test_call_sent_twice_is_done_once(api: ApiClient, name: str) -> None:
    first = api.post("/sessions", asked(), **{"Idempotency-Key": name})
    again = api.post("/sessions", dict(reversed(asked().items())), **{"Idempotency-Key": name})

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert HandOver.objects.count() == 1
    assert first.json()["url"] not in str(StoredAnswer.objects.values().get())


def test_another_body_under_the_same_name_is_refused(api: ApiClient) -> None:
    api.post("/sessions", asked(), **{"Idempotency-Key": "one"})
    answer = api.post("/sessions", asked(email="bea@example.com"), **{"Idempotency-Key": "one"})

    assert answer.status_code == 422
    assert answer.json()["type"].endswith("#idempotency-key-reused")


def test_while_the_first_is_at_work_the_second_waits(api: ApiClient) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        api.post("/sessions", asked(), **{"Idempotency-Key": "one"})
        StoredAnswer.objects.update(status=None, sealed_body="")
        waiting = api.post("/sessions", asked(), **{"Idempotency-Key": "one"})
        clock.move_to(NOW + timedelta(minutes=2))  # its process was killed
        done = api.post("/sessions", asked(), **{"Idempotency-Key": "one"})

    assert (waiting.status_code, done.status_code) == (409, 201)
    assert waiting.json()["type"].endswith("#in-progress")


def test_what_came_to_nothing_may_be_corrected(api: ApiClient) -> None:
    wrong = api.post("/sessions", asked(return_url="https://evil.example/"), **{"Idempotency-Key": "one"})
    right = api.post("/sessions", asked(), **{"Idempotency-Key": "one"})

    assert (wrong.status_code, right.status_code) == (422, 201)


def test_names_are_each_keys_own_and_kept_for_a_day() -> None:
    (_one, first), (_two, second) = make_key(), make_key()
    with time_machine.travel(NOW, tick=False) as clock:
        ids = [
            ApiClient(secret).post("/sessions", asked(), **{"Idempotency-Key": "one"}).json()["id"]
            for secret in (first, second)
        ]
        clock.move_to(NOW + timedelta(hours=24))
        ids.append(ApiClient(first).post("/sessions", asked(), **{"Idempotency-Key": "one"}).json()["id"])

    assert len(set(ids)) == 3


@pytest.mark.parametrize("name", ["x" * 300, "a\x07"])
def test_name_that_is_none_is_told(api: ApiClient, name: str) -> None:
    answer = api.post("/sessions", asked(), **{"Idempotency-Key": name})

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["location"] == "header"


@pytest.mark.parametrize("session_id", ["00000000-0000-0000-0000-000000000000", "x", "%00"])
def test_session_nobody_knows_is_not_found(api: ApiClient, session_id: str) -> None:
    assert api.get(f"/sessions/{session_id}").status_code == 404


def test_a_new_key_reads_what_an_old_one_made(api: ApiClient) -> None:
    made = api.post("/sessions", asked()).json()
    ApiKey.objects.update(name="Old")

    told = ApiClient(make_key()[1]).get(f"/sessions/{made['id']}").json()

    assert told["outcome"] == "pending"
    assert told["owner_id"] == made["owner_id"]
