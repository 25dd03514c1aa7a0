"""Colleagues begin, set their passwords by mail, and leave; sessions of staff are seen and ended."""

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import Group, Permission
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from onboarding_portal.accounts.colleagues import mailed_link
from onboarding_portal.accounts.colleagues.leaving import colleague_left
from onboarding_portal.accounts.models import AuditEntry, StaffSession, User
from onboarding_portal.accounts.two_factor import app_codes
from onboarding_portal.staff_groups import StaffGroup
from tests.factories import make_owner, make_staff
from tests.test_permissions import member_of

pytestmark = pytest.mark.django_db

EMAIL, PASSWORD, NEW = "sam@example.com", "staff-password", "another-good-one"
ADD, FORGOTTEN, SESSIONS = (
    *("/admin/accounts/colleague/add/", "/admin/password/forgotten/", "/admin/sessions/"),
)


def group(key: StaffGroup) -> Group:
    return Group.objects.get(ready_made__key=key)


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def page(name: str, user: User) -> str:
    return reverse(f"admin:accounts_colleague_{name}", args=[user.pk])


def enter(client: Client, password: str) -> bool:
    client.post("/admin/login/", {"username": EMAIL, "password": password, "next": "/admin/"})
    return is_in(client)


def is_in(client: Client) -> bool:
    return bool(client.get("/admin/").status_code == 200)


def mailed_path() -> str:
    found = re.search(r"http://testserver(/admin/password/\S+)", str(mail.outbox[-1].body))
    assert found
    return found[1]


def set_password(path: str, password: str = NEW) -> Any:
    return Client().post(path, {"new_password1": password, "new_password2": password})


# Beginning


def test_a_lead_invites_an_agent_who_sets_a_password_and_signs_in(
    client: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    lead = member_of(StaffGroup.LEAD)
    with django_capture_on_commit_callbacks(execute=True):
        form = {"email": "Sam@Example.com", "name": "Sam", "group": group(StaffGroup.AGENT).pk}
        answer = signed_in(lead).post(ADD, form)

    set_password(mailed_path())

    assert answer.status_code == 302
    assert [message.to for message in mail.outbox] == [[EMAIL], [EMAIL]]
    assert lead.email in mail.outbox[0].body
    assert enter(client, NEW)
    assert [each.name for each in User.objects.get(email=EMAIL).groups.all()] == ["Agent"]
    assert AuditEntry.objects.filter(act="accounts.colleague_invited", actor=lead).count() == 1


@pytest.mark.parametrize(
    ("by", "may_give"),
    [
        (StaffGroup.READER, None),
        (StaffGroup.AGENT, None),
        (StaffGroup.LEAD, [StaffGroup.READER, StaffGroup.AGENT]),
        (StaffGroup.ADMINISTRATOR, [StaffGroup.READER, StaffGroup.AGENT, StaffGroup.LEAD]),
    ],
)
@pytest.mark.parametrize("given", StaffGroup)
def test_nobody_gives_a_newcomer_as_much_as_they_may_themselves(
    by: StaffGroup, may_give: list[StaffGroup] | None, given: StaffGroup
) -> None:
    answer = signed_in(member_of(by)).post(ADD, {"email": EMAIL, "group": group(given).pk})

    is_invited = User.objects.filter(email=EMAIL).exists()
    assert is_invited == (given in (may_give or []))
    assert answer.status_code == (403 if may_give is None else 302 if is_invited else 200)


def test_a_group_of_a_superusers_making_is_given_by_nobody_else() -> None:
    theirs = Group.objects.create(name="Theirs")

    signed_in(member_of(StaffGroup.ADMINISTRATOR)).post(ADD, {"email": EMAIL, "group": theirs.pk})

    assert not User.objects.filter(email=EMAIL).exists()


def test_rights_that_are_posted_along_are_not_given() -> None:
    power = {"is_superuser": "on", "is_staff": "on", "user_permissions": Permission.objects.first().pk}  # type: ignore[union-attr]  # there are some
    form = {"email": EMAIL, "group": group(StaffGroup.READER).pk, **power}

    signed_in(member_of(StaffGroup.LEAD)).post(ADD, form)

    newcomer = User.objects.get(email=EMAIL)
    assert not newcomer.is_superuser
    assert not newcomer.user_permissions.exists()
    assert not newcomer.has_usable_password()


def test_an_owner_is_not_made_a_colleague_by_an_invitation() -> None:
    owner = make_owner(email=EMAIL)

    answer = signed_in(member_of(StaffGroup.LEAD)).post(
        ADD, {"email": "SAM@example.com", "group": group(StaffGroup.READER).pk}
    )

    owner.refresh_from_db()
    assert not owner.is_staff
    assert "An owner signs in with this address" in answer.content.decode()


def test_a_colleague_is_not_invited_twice() -> None:
    make_staff(email=EMAIL)

    answer = signed_in(member_of(StaffGroup.LEAD)).post(
        ADD, {"email": EMAIL, "group": group(StaffGroup.READER).pk}
    )

    assert "colleague’s address already" in answer.content.decode()


# The link


def used(user: User, path: str) -> None:
    set_password(path, "yet-another-good-one")


def switched_off(user: User, path: str) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)


def no_staff_any_more(user: User, path: str) -> None:
    User.objects.filter(pk=user.pk).update(is_staff=False)


def another_address(user: User, path: str) -> None:
    user.email = "moved@example.com"
    user.save()


def signed_out_everywhere(user: User, path: str) -> None:
    user.end_sessions()


def signed_in_meanwhile(user: User, path: str) -> None:
    enter(Client(), PASSWORD)


def another_link(user: User, path: str) -> None:
    signed_in(make_staff(is_superuser=True)).post(page("link", user))


@pytest.mark.parametrize(
    "change",
    [
        used,
        switched_off,
        no_staff_any_more,
        another_address,
        signed_out_everywhere,
        signed_in_meanwhile,
        another_link,
    ],
)
@pytest.mark.parametrize("purpose", mailed_link.Purpose)
def test_a_link_dies_with_whatever_changes(
    purpose: mailed_link.Purpose, change: Callable[[User, str], None]
) -> None:
    user = make_staff(email=EMAIL)
    path = mailed_link.make(user=user, purpose=purpose).removeprefix("http://testserver")
    assert Client().get(path).status_code == 200

    change(user, path)

    assert Client().get(path).status_code == 410
    assert set_password(path).status_code == 410
    user.refresh_from_db()
    assert not user.check_password(NEW)


@pytest.mark.parametrize(
    ("purpose", "good", "over"),
    [
        (mailed_link.Purpose.BEGIN, timedelta(days=6), timedelta(days=8)),
        (mailed_link.Purpose.FORGOTTEN, timedelta(minutes=59), timedelta(minutes=61)),
    ],
)
def test_a_link_is_good_for_a_while(purpose: mailed_link.Purpose, good: timedelta, over: timedelta) -> None:
    path = mailed_link.make(user=make_staff(), purpose=purpose).removeprefix("http://testserver")

    for after, status in [(good, 200), (over, 410)]:
        with time_machine.travel(timezone.now() + after):
            assert Client().get(path).status_code == status


def test_a_link_for_an_hour_is_not_made_one_for_a_week() -> None:
    path = mailed_link.make(user=make_staff(), purpose=mailed_link.Purpose.FORGOTTEN)

    assert mailed_link.whose(path.split("/")[-2].replace("forgotten:", "begin:")) is None


@pytest.mark.parametrize("token", ["x", "begin:", "begin:x:y:z", "other:x", "begin:" + "A" * 5000])
def test_what_is_no_link_is_over(token: str) -> None:
    assert Client().get(reverse("admin:set_password", args=[token])).status_code == 410


def test_a_link_works_under_a_former_key(settings: Settings) -> None:
    path = mailed_link.make(user=make_staff(), purpose=mailed_link.Purpose.BEGIN)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-key-" + "y" * 50

    assert mailed_link.whose(path.split("/")[-2]) is not None


def test_setting_a_password_ends_all_sessions_and_is_told(client: Client) -> None:
    user = make_staff(email=EMAIL)
    client.force_login(user)
    path = mailed_link.make(user=user, purpose=mailed_link.Purpose.FORGOTTEN)
    user.refresh_from_db()
    path = mailed_link.make(user=user, purpose=mailed_link.Purpose.FORGOTTEN)

    assert set_password(path.removeprefix("http://testserver"))["Location"] == "/admin/login/"

    assert not is_in(client)
    assert "Your password was set" in mail.outbox[-1].body
    assert AuditEntry.objects.filter(act="accounts.password_set", actor=user).count() == 1
    assert not StaffSession.objects.filter(user=user).exists()


@pytest.mark.parametrize("password", ["short", "123456789012345", "sam@example.com", "password1234"])
def test_a_password_that_is_easily_guessed_is_refused(password: str) -> None:
    path = mailed_link.make(user=make_staff(email=EMAIL), purpose=mailed_link.Purpose.BEGIN)

    answer = set_password(path.removeprefix("http://testserver"), password)

    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()


def test_a_new_password_does_not_stand_in_for_the_second_factor(client: Client) -> None:
    user = make_staff(email=EMAIL)
    app_codes.add(user=user, secret=app_codes.new_secret(), step=0, now=timezone.now())
    path = mailed_link.make(user=user, purpose=mailed_link.Purpose.FORGOTTEN)
    set_password(path.removeprefix("http://testserver"))

    assert not enter(client, NEW)
    assert user.second_factors.exists()


# Forgotten passwords


def _nobody() -> None:
    pass


def _owner() -> None:
    make_owner(email=EMAIL)


def _who_left() -> None:
    make_staff(email=EMAIL, is_active=False)


def _staff() -> None:
    make_staff(email=EMAIL)


@pytest.mark.parametrize("who", [_nobody, _owner, _who_left, _staff])
def test_a_forgotten_password_says_nothing_about_who_works_here(who: Callable[[], None]) -> None:
    who()

    answer = Client().post(FORGOTTEN, {"email": EMAIL})

    assert answer.status_code == 200
    assert f"on its way to {EMAIL}" in answer.content.decode()
    assert [message.to for message in mail.outbox] == [[EMAIL]]
    assert ("/admin/password/" in mail.outbox[0].body) == (who is _staff)


def test_a_mailed_link_of_a_forgotten_password_sets_another_one(client: Client) -> None:
    make_staff(email=EMAIL)
    client.post(FORGOTTEN, {"email": EMAIL})

    set_password(mailed_path())

    assert enter(client, NEW)


def test_strangers_do_not_use_up_the_tries_of_a_browser_that_signed_in_before(client: Client) -> None:
    make_staff(email=EMAIL)
    enter(client, PASSWORD)
    client.post("/admin/logout/")
    answers = [Client().post(FORGOTTEN, {"email": EMAIL}).status_code for _ in range(7)]

    assert answers == [200] * 5 + [429] * 2
    assert client.post(FORGOTTEN, {"email": EMAIL}).status_code == 200


# Leaving


def test_a_colleague_leaves_and_everything_ends_at_once(client: Client) -> None:
    leaver = make_staff(email=EMAIL)
    app_codes.add(user=leaver, secret=app_codes.new_secret(), step=0, now=timezone.now())
    client.force_login(leaver)
    told: list[Any] = []
    listener = lambda **sent: told.append((sent["colleague"].pk, sent["by"].pk))  # noqa: E731  the receiver is held weakly, by a name
    colleague_left.connect(listener)
    lead = member_of(StaffGroup.LEAD)

    signed_in(lead).post(page("left", leaver), {"why": "New job."})
    signed_in(lead).post(page("left", leaver), {"why": "Again."})
    colleague_left.disconnect(listener)

    leaver.refresh_from_db()
    assert not leaver.is_active
    assert not is_in(client)
    assert not leaver.second_factors.exists()
    assert told == [(leaver.pk, lead.pk)]
    entry = AuditEntry.objects.get(act="accounts.colleague_left")
    assert (entry.actor, entry.why) == (lead, "New job.")
    assert not enter(Client(), PASSWORD)


def themselves(actor: User) -> User:
    return actor


def a_peer(actor: User) -> User:
    return member_of(StaffGroup.LEAD)


def a_superuser(actor: User) -> User:
    return make_staff(is_superuser=True)


def an_administrator(actor: User) -> User:
    return member_of(StaffGroup.ADMINISTRATOR)


def with_a_right_of_their_own(actor: User) -> User:
    other = member_of(StaffGroup.READER)
    other.user_permissions.add(Permission.objects.get(codename="reset_second_factor"))
    return other


def an_owner(actor: User) -> User:
    return make_owner()


@pytest.mark.parametrize("act", ["left", "sessions", "link", "second_factor"])
@pytest.mark.parametrize(
    "whom", [themselves, a_peer, a_superuser, an_administrator, with_a_right_of_their_own, an_owner]
)
def test_a_lead_acts_on_nobody_who_may_as_much(whom: Callable[[User], User], act: str) -> None:
    lead = member_of(StaffGroup.LEAD)
    lead.user_permissions.set([])
    other = whom(lead)
    theirs = Client()
    theirs.force_login(other)
    app_codes.add(user=other, secret=app_codes.new_secret(), step=0, now=timezone.now())
    before = User.objects.filter(pk=other.pk).values().get()

    answer = signed_in(lead).post(page(act, other), {"why": "x"})

    assert answer.status_code in {403, 404}
    assert {**User.objects.filter(pk=other.pk).values().get(), "last_login": None} == {
        **before,
        "last_login": None,
    }
    assert other.second_factors.exists()
    assert not mail.outbox


def test_a_reader_sees_no_colleagues() -> None:
    client = signed_in(member_of(StaffGroup.READER))

    assert client.get("/admin/accounts/colleague/").status_code == 403
    assert "/admin/accounts/colleague/" not in client.get("/admin/").content.decode()


# The second factor of a colleague


def test_an_administrator_resets_a_second_factor_and_its_owner_is_told(client: Client) -> None:
    other = make_staff(email=EMAIL)
    app_codes.add(user=other, secret=app_codes.new_secret(), step=0, now=timezone.now())
    client.force_login(other)

    signed_in(member_of(StaffGroup.ADMINISTRATOR)).post(page("second_factor", other), {"why": "Lost."})

    assert not other.second_factors.exists()
    assert not is_in(client)
    assert [message.to for message in mail.outbox] == [[EMAIL]]
    assert "reset your second factor" in mail.outbox[0].body
    assert AuditEntry.objects.get(act="accounts.second_factor_reset").why == "Lost."


# Sessions


def browser(agent: str, network: str) -> Client:
    return Client(HTTP_USER_AGENT=agent, REMOTE_ADDR=network)


def test_my_sessions_are_listed_and_ended_one_by_one() -> None:
    make_staff(email=EMAIL)
    here = browser("Mozilla/5.0 (Windows NT 10.0) Firefox/140.0", "192.0.2.1")
    there = browser("Mozilla/5.0 (iPhone) Safari/604.1", "198.51.100.7")
    assert enter(here, PASSWORD)
    assert enter(there, PASSWORD)

    shown = here.get(SESSIONS)
    rows = {row.browser: row for row in shown.context["rows"]}
    here.post(SESSIONS, {"session": rows["Safari on iPhone"].name})

    assert rows.keys() == {"Firefox on Windows", "Safari on iPhone"}
    assert rows["Firefox on Windows"].is_this
    assert rows["Safari on iPhone"].network == "198.51.100.7"
    assert there.session.session_key not in shown.content.decode()
    assert (is_in(here), is_in(there)) == (True, False)
    assert AuditEntry.objects.filter(act="accounts.session_ended").count() == 1


def test_nobody_ends_a_session_of_somebody_else_as_theirs() -> None:
    other = signed_in(make_staff())
    me = signed_in(make_staff())
    theirs = other.get(SESSIONS).context["rows"][0].name

    me.post(SESSIONS, {"session": theirs})

    assert is_in(other)


def test_signing_me_out_everywhere_ends_this_session_too() -> None:
    me = make_staff()
    here, there = signed_in(me), signed_in(me)

    here.post("/admin/sessions/end-all/")

    assert (is_in(here), is_in(there)) == (False, False)


@pytest.mark.parametrize("is_one", [True, False], ids=["one", "all"])
def test_a_colleagues_sessions_are_ended(is_one: bool) -> None:
    other, lead = make_staff(), signed_in(member_of(StaffGroup.LEAD))
    theirs = [signed_in(other), signed_in(other)]
    rows = lead.get(page("change", other)).context["rows"]

    lead.post(page("sessions", other), {"session": rows[0].name} if is_one else {})

    assert sum(is_in(client) for client in theirs) == (1 if is_one else 0)
    assert len(lead.get(page("change", other)).context["rows"]) == (1 if is_one else 0)


def test_a_session_that_was_signed_out_is_in_no_list(client: Client) -> None:
    staff = make_staff()
    client.force_login(staff)
    client.post("/admin/logout/")

    assert not StaffSession.objects.exists()


def test_a_session_is_seen_every_few_minutes_and_not_on_each_page(client: Client) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client.force_login(make_staff())
        began = StaffSession.objects.get().seen_at
        for minutes, moved in [(4, False), (2, True)]:
            clock.shift(timedelta(minutes=minutes))
            client.get("/admin/")
            assert (StaffSession.objects.get().seen_at > began) == moved


def test_the_list_takes_as_many_queries_for_many_colleagues(client: Client) -> None:
    client.force_login(make_staff(is_superuser=True))
    client.get("/admin/accounts/colleague/")
    counts = []
    for _ in range(2):
        for _ in range(5):
            member_of(StaffGroup.AGENT)
        with CaptureQueriesContext(connection) as found:
            client.get("/admin/accounts/colleague/")
        counts.append(len(found))

    assert counts[0] == counts[1]
