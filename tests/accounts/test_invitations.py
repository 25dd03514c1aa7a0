"""Staff invite an address; whoever reads its mail starts from there."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoCaptureOnCommitCallbacks, Settings

from onboarding_portal.accounts.models import Invitation, User
from tests.accounts.journey import CODE, enter_code, is_signed_in, mailed_code, sign_in
from tests.factories import make_owner, make_staff

pytestmark = pytest.mark.django_db

EMAIL = "bob@example.com"
MAIL_DOWN = "tests.accounts.test_sign_in_limits.MailServerDown"


@pytest.fixture(autouse=True)
def _closed(settings: Settings) -> None:
    settings.SIGNUP_OPEN = False


@pytest.fixture
def admin(client: Client) -> Client:
    client.force_login(make_staff(is_superuser=True))
    return client


def _invite(*, age: timedelta = timedelta(0), email: str = EMAIL) -> tuple[Invitation, str]:
    return Invitation.objects.invite(email=email, invited_by=None, now=timezone.now() - age)


def _mailed_path() -> str:
    found = re.search(r"http://testserver(/invite/\S+/)", str(mail.outbox[-1].body))
    assert found
    return found.group(1)


# The invited person


def test_invited_person_starts_proves_the_mailbox_and_goes_on_to_connect(client: Client) -> None:
    invitation, token = _invite()

    started = client.post(f"/invite/{token}/")
    page = client.get(started["Location"])
    entered = enter_code(client, mailed_code(), next=page.context["next_url"])

    assert started["Location"].startswith(CODE)
    assert mail.outbox[0].to == [EMAIL]
    assert entered["Location"] == "/connect/"
    invitation.refresh_from_db()
    assert invitation.user == User.objects.get(email=EMAIL)
    assert invitation.accepted_at is not None


def test_opening_the_link_changes_nothing_because_mail_scanners_do_it(client: Client) -> None:
    invitation, token = _invite()

    response = client.get(f"/invite/{token}/")

    assert response.status_code == 200
    assert EMAIL in response.content.decode()
    assert not mail.outbox
    assert not User.objects.exists()
    assert not is_signed_in(client)
    invitation.refresh_from_db()
    assert invitation.accepted_at is None


def test_link_alone_opens_no_account_the_mailbox_does(client: Client) -> None:
    _, token = _invite()

    client.post(f"/invite/{token}/")

    assert not is_signed_in(client)
    assert Invitation.objects.open(now=timezone.now()).exists()


def test_invited_person_may_also_just_sign_in(client: Client) -> None:
    invitation, _ = _invite()

    sign_in(client, "BOB@example.com")

    assert is_signed_in(client)
    invitation.refresh_from_db()
    assert invitation.accepted_at is not None


def test_invitation_of_one_address_lets_no_other_in(client: Client) -> None:
    _invite()

    client.post("/accounts/login/", {"email": "mallory@example.com"})

    assert not User.objects.exists()
    assert "we send no code" in str(mail.outbox[0].body)


def test_used_invitation_says_so(client: Client) -> None:
    _, token = _invite()
    sign_in(Client(), EMAIL)

    for response in (client.get(f"/invite/{token}/"), client.post(f"/invite/{token}/")):
        assert response.status_code == 410
        assert "has been used" in response.content.decode()
    assert len(mail.outbox) == 1


def test_expired_invitation_says_so_and_opens_nothing(client: Client) -> None:
    _, token = _invite(age=timedelta(days=31))

    for response in (client.get(f"/invite/{token}/"), client.post(f"/invite/{token}/")):
        assert response.status_code == 410
        assert "has expired" in response.content.decode()
    sign_in_answer = client.post("/accounts/login/", {"email": EMAIL})

    assert sign_in_answer.status_code == 302
    assert "we send no code" in str(mail.outbox[0].body)


@pytest.mark.parametrize("token", ["x", "a" * 5000, "%00", "../admin", "or 1=1--"])
def test_unknown_token_has_a_page_of_its_own(client: Client, token: str) -> None:
    response = client.post(f"/invite/{token}/")

    assert response.status_code == 404
    assert not mail.outbox


def test_token_is_not_stored_and_not_logged(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    invitation, token = _invite(age=timedelta(days=31))

    client.get(f"/invite/{token}/")

    assert token not in invitation.token_hash
    output = capsys.readouterr()
    assert token not in output.err + output.out


def test_invited_person_at_somebody_elses_computer_signs_them_out(client: Client) -> None:
    other = make_owner(email="ann@example.com")
    client.force_login(other)
    _, token = _invite()

    page = client.get(f"/invite/{token}/").content.decode()
    assert "You are signed in as ann@example.com" in page
    assert is_signed_in(client)
    client.post(f"/invite/{token}/")
    enter_code(client, mailed_code())

    assert client.session["_auth_user_id"] == str(User.objects.get(email=EMAIL).pk)


def test_invited_person_who_is_in_already_goes_on(client: Client) -> None:
    _, token = _invite()
    sign_in(client, EMAIL)

    assert client.get(f"/invite/{token}/")["Location"] == "/connect/"


def test_mail_server_down_is_said_on_the_invitations_page(client: Client, settings: Settings) -> None:
    _, token = _invite()
    settings.EMAIL_BACKEND = MAIL_DOWN

    response = client.post(f"/invite/{token}/")

    assert response.status_code == 503
    assert "could not be sent" in response.content.decode()


def test_starting_again_and_again_is_limited(client: Client) -> None:
    _, token = _invite()

    answers = [client.post(f"/invite/{token}/").status_code for _ in range(6)]

    assert answers == [302] * 5 + [429]


# Staff


def test_staff_invite_an_address_and_the_mail_has_the_portals_own_link(
    admin: Client, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        response = admin.post("/admin/accounts/invitation/add/", {"email": "Bob@Example.com"})

    assert response.status_code == 302
    assert mail.outbox[0].to == [EMAIL]
    assert Client().get(_mailed_path()).status_code == 200
    assert Invitation.objects.get().invited_by is not None
    assert "Open" in admin.get("/admin/accounts/invitation/").content.decode()


def test_address_with_an_open_invitation_is_not_invited_twice(admin: Client) -> None:
    _invite()

    response = admin.post("/admin/accounts/invitation/add/", {"email": "BOB@example.com"})

    assert "has an open invitation" in response.content.decode()
    assert Invitation.objects.count() == 1


def test_sending_again_makes_a_new_link_and_kills_the_old(admin: Client) -> None:
    invitation, old_token = _invite(age=timedelta(days=40))

    admin.post("/admin/accounts/invitation/", {"action": "send_again", "_selected_action": [invitation.pk]})

    assert Client().get(f"/invite/{old_token}/").status_code == 404
    assert Client().get(_mailed_path()).status_code == 200


def test_accepted_invitation_is_not_sent_again(admin: Client) -> None:
    invitation, _ = _invite()
    sign_in(Client(), EMAIL)
    mail.outbox.clear()

    page = admin.post(
        "/admin/accounts/invitation/",
        {"action": "send_again", "_selected_action": [invitation.pk]},
        follow=True,
    )

    assert not mail.outbox
    assert "was accepted already" in page.content.decode()


@pytest.mark.django_db(transaction=True)
def test_invitation_whose_mail_could_not_be_sent_is_kept_and_said(admin: Client, settings: Settings) -> None:
    settings.EMAIL_BACKEND = MAIL_DOWN

    page = admin.post("/admin/accounts/invitation/add/", {"email": EMAIL}, follow=True)

    assert "could not be sent" in page.content.decode()
    assert Invitation.objects.count() == 1


def test_staff_who_may_only_look_cannot_send_invitations(client: Client) -> None:
    invitation, _ = _invite()
    client.force_login(make_staff())

    client.post("/admin/accounts/invitation/", {"action": "send_again", "_selected_action": [invitation.pk]})
    response = client.post("/admin/accounts/invitation/add/", {"email": "x@example.com"})

    assert response.status_code == 403
    assert not mail.outbox
    assert Invitation.objects.count() == 1
