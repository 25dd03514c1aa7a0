"""Guessing of staff's passwords: how often, from where, and what each try costs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.hashers import check_password, make_password
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from onboarding_portal import sign_in_settings
from onboarding_portal.accounts import hashing
from onboarding_portal.accounts.models import User
from tests.accounts.hashes import count_hashes
from tests.factories import make_owner, make_staff

pytestmark = pytest.mark.django_db

EMAIL, PASSWORD = "sam@example.com", "staff-password"
LOGIN = "/admin/login/"


def enter(client: Client, email: str = EMAIL, password: str = PASSWORD) -> int:
    response = client.post(LOGIN + "?next=/admin/", {"username": email, "password": password})
    return int(response.status_code)


def known_client(**circumstances: str) -> Client:
    client = Client(**circumstances)
    assert enter(client) == 302
    client.post("/admin/logout/")
    client.cookies.pop("session", None)
    return client


@contextmanager
def another_password_being_checked(places: int = 1) -> Iterator[None]:
    taken = [hashing._inside.acquire(blocking=False) for _ in range(places)]
    hashing._working.acquire()
    assert all(taken)
    yield
    hashing._working.release()
    for _ in taken:
        hashing._inside.release()


# How often


def test_one_network_tries_one_password_on_a_few_names_only(settings: Settings) -> None:
    settings.STAFF_FAILURES_OF_A_NETWORK = 8
    make_staff(email=EMAIL)
    guesser = Client(REMOTE_ADDR="192.0.2.99")

    answers = [enter(guesser, f"staff{number}@example.com", "Spring2026!!") for number in range(12)]

    assert answers == [200] * 8 + [429] * 4
    assert enter(guesser) == 429
    assert enter(Client(REMOTE_ADDR="192.0.2.100")) == 302


def test_one_name_is_tried_from_many_networks_a_few_times_only(settings: Settings) -> None:
    settings.STAFF_FAILURES_OF_A_NAME = 8
    make_staff(email=EMAIL)

    answers = [enter(Client(REMOTE_ADDR=f"198.51.100.{number}"), EMAIL, "wrong") for number in range(12)]

    assert answers == [200] * 8 + [429] * 4


@pytest.mark.parametrize("from_where", ["192.0.2.99", "198.51.100.7"], ids=["same network", "another"])
def test_browser_that_signed_in_before_is_not_locked_out_by_strangers(
    settings: Settings, from_where: str
) -> None:
    settings.STAFF_FAILURES_OF_A_NETWORK = settings.STAFF_FAILURES_OF_A_NAME = 8
    make_staff(email=EMAIL)
    client, new = known_client(REMOTE_ADDR=from_where), Client(REMOTE_ADDR=from_where)
    for number in range(6):
        enter(Client(REMOTE_ADDR="192.0.2.99"), EMAIL, "wrong")
        enter(Client(REMOTE_ADDR=f"203.0.113.{number}"), EMAIL, "wrong")

    assert (enter(client), enter(new)) == (302, 429)


def test_known_browser_may_not_guess_for_ever_either() -> None:
    make_staff(email=EMAIL)
    client = known_client()

    answers = [enter(client, EMAIL, "wrong") for _ in range(11)] + [enter(client)]

    assert answers == [200] * 10 + [429] * 2


def test_trying_on_while_locked_writes_nothing_and_does_not_prolong_it() -> None:
    for _ in range(5):
        enter(Client(), EMAIL, "wrong")
    before = list(AccessAttempt.objects.values())

    assert enter(Client(HTTP_USER_AGENT="another"), EMAIL, "wrong") == 429
    assert list(AccessAttempt.objects.values()) == before


def test_old_password_is_not_guessed_in_a_session_found_open() -> None:
    client = Client()
    client.force_login(make_staff(email=EMAIL))
    new = {"new_password1": "another-good-one", "new_password2": "another-good-one"}

    answers = [client.post("/admin/password_change/", {"old_password": "?", **new}) for _ in range(11)]

    assert [answer.status_code for answer in answers] == [200] * 10 + [429]
    right = client.post("/admin/password_change/", {"old_password": PASSWORD, **new})
    assert right.status_code == 429


# What each try costs


def _staff() -> None:
    make_staff(email=EMAIL)


def _staff_switched_off() -> None:
    make_staff(email=EMAIL, is_active=False)


def _staff_without_password() -> None:
    make_staff(email=EMAIL, password=None)


def _owner() -> None:
    make_owner(email=EMAIL)


def _nobody() -> None:
    pass


@pytest.mark.parametrize("password", [PASSWORD, "wrong", "x" * 5000, "!"])
@pytest.mark.parametrize("who", [_staff, _staff_switched_off, _staff_without_password, _owner, _nobody])
def test_each_try_hashes_once_whoever_it_is_for(
    settings: Settings, who: Callable[[], None], password: str
) -> None:
    hashes = count_hashes(settings)
    who()
    hashes.clear()

    is_in = enter(Client(), EMAIL, password) == 302

    assert len(hashes) == 1
    assert is_in == (who is _staff and password == PASSWORD)


def test_locked_tries_hash_nothing_whoever_they_are_for(settings: Settings) -> None:
    hashes = count_hashes(settings)
    make_staff(email=EMAIL)
    pages = []
    for email in (EMAIL, "nobody@example.com"):
        for _ in range(5):
            enter(Client(), email, "wrong")
        hashes.clear()
        answer = Client().post(LOGIN, {"username": email, "password": PASSWORD})
        pages.append((answer.status_code, answer.content, len(hashes)))

    assert pages[0] == pages[1]
    assert pages[0][2] == 0


def test_page_after_a_wrong_password_does_not_tell_who_exists() -> None:
    make_staff(email=EMAIL)
    make_owner(email="ann@example.com")

    pages = []
    for email in (EMAIL, "ann@example.com", "nobody@example.com"):
        page = Client().post(LOGIN, {"username": email, "password": "wrong"}).content.decode()
        lines = [line for line in page.splitlines() if "csrfmiddlewaretoken" not in line]
        pages.append("\n".join(lines).replace(email, "…"))

    assert pages[0] == pages[1] == pages[2]


# How many at a time


def bounded(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["tests.accounts.hashes.CountingHasher"]


def test_one_password_waits_and_more_are_told_to_come_back(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounded(settings)
    make_staff(email=EMAIL)
    monkeypatch.setattr(hashing, "LONGEST_WAIT_SECONDS", 0.05)
    client = Client()

    for places in (1, 2):  # the first waits in vain, the second is sent away at once
        with another_password_being_checked(places):
            answer = client.post(LOGIN, {"username": EMAIL, "password": PASSWORD})
            assert answer.status_code == 503
            assert answer.headers["Retry-After"] == "5"
            assert "try again in a moment" in answer.content.decode()

    assert not AccessAttempt.objects.exists()
    assert enter(client) == 302


@pytest.mark.parametrize("form", ["staff set their own", "a superuser sets another's"])
def test_bound_holds_for_every_form_with_a_password(settings: Settings, form: str) -> None:
    bounded(settings)
    staff, boss = make_staff(), make_staff(is_superuser=True)
    client, new = Client(), {"password1": "another-good-one", "password2": "another-good-one"}
    address = reverse("admin:auth_user_password_change", args=[staff.pk])
    if form == "staff set their own":
        address = reverse("admin:password_change")
        new = {"old_password": PASSWORD, "new_password1": "?", "new_password2": "?"}
    client.force_login(boss)

    with another_password_being_checked(places=2):
        answer = client.post(address, {**new, "usable_password": "true"})

    assert answer.status_code == 503
    assert User.objects.get(pk=staff.pk).password == staff.password


def test_never_more_than_one_hash_at_a_time_and_none_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Twelve at once: one works, one waits, the others are told so; afterwards there is room again."""
    inside, most, outcomes = [0], [0], []
    lock, start = threading.Lock(), threading.Barrier(12)

    def slow(*args: object, **kwargs: object) -> bytes:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        threading.Event().wait(0.05)
        with lock:
            inside[0] -= 1
        return b"hash"

    def hash_one() -> None:
        start.wait()
        try:
            outcomes.append(hashing.BoundedPasswordHasher().encode("password", "salt" * 8))
        except hashing.TooManyPasswords:
            outcomes.append("busy")

    monkeypatch.setattr("django.contrib.auth.hashers.pbkdf2", slow)
    threads = [threading.Thread(target=hash_one) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [1]
    assert len(outcomes) == 12
    assert 2 <= 12 - outcomes.count("busy") <= 12
    assert hashing._inside._value == hashing.AT_A_TIME + hashing.WAITING


def test_passwords_stored_by_django_still_open(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    stored = make_password(PASSWORD, hasher="pbkdf2_sha256")
    settings.PASSWORD_HASHERS = ["onboarding_portal.accounts.hashing.BoundedPasswordHasher"]

    assert check_password(PASSWORD, stored)
    assert not check_password("wrong", stored)


def test_the_portal_hashes_with_the_bound() -> None:
    assert sign_in_settings.PASSWORD_HASHERS == ["onboarding_portal.accounts.hashing.BoundedPasswordHasher"]
