"""What staff prove themselves with beside the password."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.accounts.models import AuditEntry, FactorKind, SecondFactor, User
from onboarding_portal.accounts.two_factor import app_codes, passkeys, recovery_codes
from onboarding_portal.accounts.two_factor.sealing import CannotBeOpened, seal, unseal
from tests.accounts.journey import sign_in
from tests.accounts.soft_key import SoftKey
from tests.factories import make_staff

pytestmark = pytest.mark.django_db

EMAIL, PASSWORD = "sam@example.com", "staff-password"
LOGIN, STEP, MINE = "/admin/login/", "/admin/login/second-factor/", "/admin/second-factor/"
APP, PASSKEY, CODES = f"{MINE}app/", f"{MINE}passkey/", f"{MINE}recovery-codes/"
SECRET = app_codes.new_secret()
HALF_MINUTE = timedelta(seconds=30)


def code(at: datetime | None = None, secret: str = SECRET) -> str:
    """What an app shows, computed by a library that knows nothing of ours."""
    app = TOTP(base64.b32decode(secret), 6, SHA1(), 30)  # noqa: S303  what apps compute
    return app.generate(int((at or timezone.now()).timestamp())).decode()


def staff_with_app(**fields: Any) -> User:
    staff = make_staff(email=EMAIL, **fields)
    app_codes.add(user=staff, secret=SECRET, step=0, now=timezone.now())
    return staff


def give_password(client: Client, to: str = "/admin/accounts/user/") -> str:
    form = {"username": EMAIL, "password": PASSWORD, "next": to}
    return str(client.post(LOGIN, form).headers.get("Location", ""))


def acts_of(staff: User) -> list[str]:
    return list(AuditEntry.objects.filter(actor=staff).values_list("act", flat=True))


def is_in(client: Client) -> bool:
    return bool(client.get("/admin/").status_code == 200)


def options_on(page: Any) -> Any:
    return page.context["options"] and json.loads(page.context["options"])


# Signing in


def test_the_password_alone_opens_nothing_to_whoever_has_a_second_factor(client: Client) -> None:
    staff_with_app()

    assert give_password(client) == STEP
    assert not is_in(client)
    assert "_auth_user_id" not in client.session
    assert client.get("/vehicles/").status_code == 302


def test_a_code_of_the_app_finishes_the_sign_in_where_it_was_to_lead(client: Client) -> None:
    staff_with_app(is_superuser=True)
    give_password(client, to="/admin/accounts/user/?is_staff__exact=1")

    answer = client.post(STEP, {"code": f" {code()[:3]} {code()[3:]} "})

    assert answer["Location"] == "/admin/accounts/user/?is_staff__exact=1"
    assert is_in(client)


def test_it_never_leads_to_another_site(client: Client) -> None:
    staff_with_app()
    give_password(client, to="https://elsewhere.example/")

    assert client.post(STEP, {"code": code()})["Location"].startswith("/")


def test_whoever_has_none_signs_in_as_before(client: Client) -> None:
    make_staff(email=EMAIL)

    give_password(client)

    assert is_in(client)


def test_the_page_of_the_second_step_is_nothing_without_the_first(client: Client) -> None:
    staff_with_app()

    assert client.get(STEP)["Location"] == LOGIN
    assert client.post(STEP, {"code": code()})["Location"] == LOGIN
    assert not is_in(client)


def switched_off(staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_active=False)


def no_staff_any_more(staff: User) -> None:
    User.objects.filter(pk=staff.pk).update(is_staff=False)


def signed_out_everywhere(staff: User) -> None:
    staff.end_sessions()


def another_password(staff: User) -> None:
    staff.set_password("another-good-one")
    staff.save()


def too_late(staff: User) -> None:
    pass


@pytest.mark.parametrize(
    "end", [switched_off, no_staff_any_more, signed_out_everywhere, another_password, too_late]
)
def test_the_first_step_ends_with_what_ends_sessions_and_after_ten_minutes(
    client: Client, end: Callable[[User], None]
) -> None:
    staff = staff_with_app()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        give_password(client)
        end(staff)
        clock.shift(timedelta(minutes=11 if end is too_late else 1))

        assert client.post(STEP, {"code": code()})["Location"] == LOGIN
    assert not is_in(client)


# Codes of the app


@pytest.mark.parametrize(("steps", "is_good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_a_code_is_good_half_a_minute_more_on_either_side(steps: int, is_good: bool) -> None:
    now, staff = timezone.now(), staff_with_app()

    assert app_codes.accept(user=staff, code=code(now + steps * HALF_MINUTE), now=now) == is_good


def test_a_code_is_good_once_and_none_before_it_any_more() -> None:
    now, staff = timezone.now(), staff_with_app()
    assert app_codes.accept(user=staff, code=code(now), now=now)

    assert not app_codes.accept(user=staff, code=code(now), now=now)
    assert not app_codes.accept(user=staff, code=code(now - HALF_MINUTE), now=now)
    assert app_codes.accept(user=staff, code=code(now + HALF_MINUTE), now=now)


def test_a_code_seen_over_a_shoulder_signs_nobody_else_in(client: Client) -> None:
    staff_with_app()
    with time_machine.travel(timezone.now(), tick=False):
        give_password(client)
        client.post(STEP, {"code": code()})
        other = Client()
        give_password(other)

        page = other.post(STEP, {"code": code()})

    assert "was used before" in page.content.decode()
    assert not is_in(other)


def test_codes_are_those_of_the_standard() -> None:
    secret = base64.b32encode(b"12345678901234567890").decode()
    # RFC 6238, appendix B, the last six digits.
    for seconds, expected in [(59, "287082"), (1111111109, "081804"), (20000000000, "353130")]:
        now = datetime.fromtimestamp(seconds, tz=UTC)
        assert app_codes.step_of(secret=secret, code=expected, now=now) == seconds // 30


@pytest.mark.parametrize("typed", ["", "000000", "12345", "²²²²²²", "x" * 500, "\0", "-" * 6])
def test_what_is_no_code_is_told_so_and_opens_nothing(client: Client, typed: str) -> None:
    staff_with_app()
    give_password(client)

    assert client.post(STEP, {"code": typed}).status_code in {200, 400}
    assert not is_in(client)


def test_codes_are_guessed_a_few_times_only_and_the_right_one_is_late(client: Client) -> None:
    staff_with_app()
    answers = []
    for number in range(7):
        other = Client(REMOTE_ADDR=f"198.51.100.{number}")
        give_password(other)
        answers.append(other.post(STEP, {"code": "000000"}).status_code)
    give_password(client)

    assert answers == [200] * 5 + [429] * 2
    assert client.post(STEP, {"code": code()}).status_code == 429


def test_guessers_do_not_use_up_the_tries_of_a_browser_that_signed_in_before(client: Client) -> None:
    staff_with_app()
    with time_machine.travel(timezone.now(), tick=False) as clock:
        give_password(client)
        client.post(STEP, {"code": code()})
        client.post("/admin/logout/")
        for number in range(6):
            other = Client(REMOTE_ADDR=f"198.51.100.{number}")
            give_password(other)
            other.post(STEP, {"code": "000000"})
        clock.shift(timedelta(minutes=1))
        give_password(client)

        client.post(STEP, {"code": code()})
        assert is_in(client)


# Recovery codes


def test_a_recovery_code_signs_in_once_and_its_owner_is_told(client: Client) -> None:
    staff = staff_with_app()
    codes = recovery_codes.make(user=staff, now=timezone.now())
    for number, expected in enumerate([True, False]):
        client = Client(REMOTE_ADDR=f"192.0.2.{number}")
        give_password(client)
        client.post(STEP, {"code": codes[0].lower()})
        assert is_in(client) == expected

    assert recovery_codes.left(user=staff) == len(codes) - 1
    assert [message.to for message in mail.outbox] == [[EMAIL]]
    assert "9 are left" in mail.outbox[0].body
    assert codes[0] not in mail.outbox[0].body


def test_recovery_codes_are_stored_as_hashes_of_one_person() -> None:
    staff, other = staff_with_app(), make_staff()
    codes = recovery_codes.make(user=staff, now=timezone.now())
    stored = " ".join(SecondFactor.objects.values_list("sealed", flat=True))

    assert len(set(codes)) == recovery_codes.AMOUNT
    assert not any(each in stored or each.replace("-", "") in stored for each in codes)
    assert not recovery_codes.accept(user=other, code=codes[0])


def test_new_recovery_codes_are_shown_once_and_the_old_ones_are_dead(client: Client) -> None:
    staff = make_staff(email=EMAIL)
    client.force_login(staff)
    app_codes.add(user=staff, secret=SECRET, step=0, now=timezone.now())
    old = recovery_codes.make(user=staff, now=timezone.now())

    page = client.post(CODES)
    new = page.context["codes"]

    assert len(new) == recovery_codes.AMOUNT
    assert not any(each in client.get(MINE).content.decode() for each in new)
    assert not recovery_codes.accept(user=staff, code=old[0])
    assert recovery_codes.accept(user=staff, code=new[0])
    assert acts_of(staff) == ["accounts.recovery_codes_made"]


# Setting up


def add_app(client: Client) -> Any:
    page = client.get(APP)
    secret = page.context["secret"].replace(" ", "")
    return client.post(APP, {"code": code(secret=secret)})


def test_an_app_is_added_with_its_first_code_and_brings_recovery_codes(client: Client) -> None:
    staff = make_staff(email=EMAIL)
    give_password(client)

    wrong = client.post(APP, {"code": "000000"})
    page = add_app(client)

    assert "not the code" in wrong.content.decode()
    assert len(page.context["codes"]) == recovery_codes.AMOUNT
    assert staff.second_factors.filter(kind=FactorKind.APP).count() == 1
    assert acts_of(staff) == ["accounts.second_factor_added"]
    assert "was added" in mail.outbox[0].body
    assert is_in(client)


def test_the_first_factor_ends_sessions_that_were_opened_without_one(client: Client) -> None:
    staff, other = make_staff(email=EMAIL), Client()
    other.force_login(staff)
    give_password(client)

    add_app(client)

    assert (is_in(client), is_in(other)) == (True, False)


def test_another_app_takes_the_place_of_the_one_before(client: Client) -> None:
    staff = make_staff(email=EMAIL)
    give_password(client)
    add_app(client)

    client.get(APP)
    add_app(client)

    assert staff.second_factors.filter(kind=FactorKind.APP).count() == 1


def test_what_is_shown_to_the_app_is_not_readable_in_the_session(client: Client) -> None:
    make_staff(email=EMAIL)
    give_password(client)

    secret = client.get(APP).context["secret"].replace(" ", "")

    assert secret not in str(dict(client.session))
    assert client.get(APP).context["secret"].replace(" ", "") == secret


@pytest.mark.parametrize("page", [APP, PASSKEY, CODES, f"{MINE}1/remove/"])
def test_an_old_session_changes_nothing_before_its_user_signs_in_again(client: Client, page: str) -> None:
    staff = make_staff(email=EMAIL)
    with time_machine.travel(timezone.now(), tick=False) as clock:
        give_password(client)
        pk = app_codes.add(user=staff, secret=SECRET, step=0, now=timezone.now()).pk
        clock.shift(timedelta(minutes=16))
        before = list(SecondFactor.objects.values())

        assert client.post(page.replace("1", str(pk)), {"code": code()})["Location"] == MINE
        assert "sign in again" in client.get(MINE).content.decode()
        assert list(SecondFactor.objects.values()) == before
        assert client.post(f"{MINE}sign-in-again/")["Location"] == f"{LOGIN}?next={MINE}"
        assert not is_in(client)


def test_nobody_removes_a_factor_of_somebody_else(client: Client) -> None:
    theirs = app_codes.add(user=make_staff(), secret=SECRET, step=0, now=timezone.now())
    client.force_login(make_staff())

    assert client.post(f"{MINE}{theirs.pk}/remove/").status_code == 404
    assert SecondFactor.objects.filter(pk=theirs.pk).exists()


def test_removing_the_last_factor_takes_the_recovery_codes_along_and_is_told(client: Client) -> None:
    staff = make_staff(email=EMAIL)
    client.force_login(staff)
    pk = app_codes.add(user=staff, secret=SECRET, step=0, now=timezone.now()).pk
    recovery_codes.make(user=staff, now=timezone.now())

    client.post(f"{MINE}{pk}/remove/")

    assert not SecondFactor.objects.exists()
    assert acts_of(staff) == ["accounts.second_factor_removed"]
    assert "was removed" in mail.outbox[0].body


# Passkeys


def test_a_passkey_is_added_and_signs_in(client: Client) -> None:
    make_staff(email=EMAIL)
    key = SoftKey()
    give_password(client)
    client.post(PASSKEY, {"name": "Laptop", "passkey": key.register(options_on(client.get(PASSKEY)))})

    other = Client()
    give_password(other)
    other.post(STEP, {"passkey": key.sign(options_on(other.get(STEP)))})

    assert is_in(other)
    assert "Passkey: Laptop" in other.get(MINE).content.decode()


def passkey_of(staff: User, key: SoftKey) -> SecondFactor:
    options, state = passkeys.begin_adding(user=staff)
    answer = key.register(json.loads(json.dumps(options)))
    return passkeys.add(user=staff, state=state, answer=answer, name="Key", now=timezone.now())


def prove(staff: User, key: SoftKey) -> None:
    options, state = passkeys.begin_proving(user=staff)
    answer = key.sign(json.loads(json.dumps(options)))
    passkeys.accept(user=staff, state=state, answer=answer, now=timezone.now())


def another_key(key: SoftKey) -> SoftKey:
    return SoftKey()


def of_another_site(key: SoftKey) -> SoftKey:
    key.origin = "https://portal.example.net"
    return key


def for_another_host(key: SoftKey) -> SoftKey:
    key.host = "example.net"
    return key


def with_another_secret(key: SoftKey) -> SoftKey:
    return SoftKey(credential_id=key.credential_id)


def a_copy(key: SoftKey) -> SoftKey:
    """Its counter is behind the one of the key that was used meanwhile."""
    return SoftKey(key=key.key, credential_id=key.credential_id, counter=key.counter - 1)


@pytest.mark.parametrize(
    "forge", [another_key, of_another_site, for_another_host, with_another_secret, a_copy]
)
def test_a_passkey_that_is_not_the_right_one_is_refused(forge: Callable[[SoftKey], SoftKey]) -> None:
    staff, key = make_staff(email=EMAIL), SoftKey()
    passkey_of(staff, key)
    prove(staff, key)

    with pytest.raises(passkeys.NotProven):
        prove(staff, forge(key))


def test_an_answer_of_a_passkey_is_good_for_one_challenge(client: Client) -> None:
    key = SoftKey(counter=0)  # as passkeys that are synced count
    passkey_of(make_staff(email=EMAIL), key)
    give_password(client)
    answer = key.sign(options_on(client.get(STEP)))
    client.post(STEP, {"passkey": answer})
    other = Client()
    give_password(other)
    other.get(STEP)

    page = other.post(STEP, {"passkey": answer})

    assert "did not work" in page.content.decode()
    assert (is_in(client), is_in(other)) == (True, False)


@pytest.mark.parametrize("answer", ["{}", "[]", "null", "x", '{"id": 1}', "[" * 30_000, '{"id":"\\u0000"}'])
def test_answers_that_are_none_are_refused_and_no_error(client: Client, answer: str) -> None:
    passkey_of(make_staff(email=EMAIL), SoftKey())
    give_password(client)
    client.get(STEP)

    assert client.post(STEP, {"passkey": answer}).status_code == 200
    assert not is_in(client)


def test_as_many_passkeys_as_anybody_needs_and_no_more() -> None:
    staff = make_staff(email=EMAIL)
    for _ in range(passkeys.MOST):
        passkey_of(staff, SoftKey())

    with pytest.raises(passkeys.NotProven):
        passkey_of(staff, SoftKey())


# Secrets at rest


def test_secrets_are_sealed_and_stay_readable_while_their_key_is_a_former_one(settings: Settings) -> None:
    now, staff, old = timezone.now(), staff_with_app(), settings.SECRET_KEY
    assert SECRET not in SecondFactor.objects.get().sealed

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key-" + "y" * 50, [old]
    assert app_codes.accept(user=staff, code=code(now), now=now)

    settings.SECRET_KEY_FALLBACKS = []
    assert not app_codes.accept(user=staff, code=code(now + HALF_MINUTE), now=now)


def test_what_is_sealed_is_another_text_each_time_and_opens_with_its_key_alone(settings: Settings) -> None:
    first, second = seal("a secret"), seal("a secret")

    assert first != second
    assert unseal(first) == unseal(second) == "a secret"
    settings.SECRET_KEY = "another-key-" + "y" * 50
    with pytest.raises(CannotBeOpened):
        unseal(first)


# STAFF_TWO_FACTOR

STAFFS_PAGES = ["/admin/", "/admin/accounts/user/", "/admin/password_change/", "/admin/no-such-page/"]


def test_required_opens_no_page_of_staff_before_a_factor_is_set_up(
    client: Client, settings: Settings
) -> None:
    settings.STAFF_TWO_FACTOR = "required"
    make_staff(email=EMAIL, is_superuser=True)
    give_password(client)

    for page in STAFFS_PAGES:
        assert client.get(page)["Location"].startswith(LOGIN), page
    assert client.get(LOGIN)["Location"] == MINE
    assert "Before you go on" in client.get(MINE).content.decode()


def test_required_locks_the_first_superuser_not_out(client: Client, settings: Settings) -> None:
    settings.STAFF_TWO_FACTOR = "required"
    User.objects.create_superuser(email=EMAIL, password=PASSWORD)
    give_password(client)

    add_app(client)

    assert all(client.get(page).status_code == 200 for page in STAFFS_PAGES[:3])


def test_required_lets_nobody_remove_their_last_factor(client: Client, settings: Settings) -> None:
    settings.STAFF_TWO_FACTOR = "required"
    staff = make_staff(email=EMAIL)
    give_password(client)
    add_app(client)
    pk = staff.second_factors.get(kind=FactorKind.APP).pk

    page = client.post(f"{MINE}{pk}/remove/", follow=True)

    assert "add another one before" in page.content.decode()
    assert staff.second_factors.filter(pk=pk).exists()


def test_sessions_from_before_it_was_required_have_to_set_one_up(client: Client, settings: Settings) -> None:
    make_staff(email=EMAIL)
    give_password(client)
    assert is_in(client)

    settings.STAFF_TWO_FACTOR = "required"

    assert not is_in(client)


def test_off_asks_nobody_and_has_no_pages(client: Client, settings: Settings) -> None:
    settings.STAFF_TWO_FACTOR = "off"
    staff_with_app()
    give_password(client)

    assert is_in(client)
    assert client.get(MINE).status_code == 404


def test_owners_have_no_second_factor(client: Client) -> None:
    sign_in(client, "ann@example.com")

    assert client.get(MINE)["Location"].startswith(LOGIN)


def test_optional_is_what_a_portal_has_that_says_nothing() -> None:
    assert django_settings.STAFF_TWO_FACTOR == "optional"
