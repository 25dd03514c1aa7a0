"""An owner changes their address, with a code from the mailbox they have and one from the new one."""

import re

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from onboarding_portal.accounts.known_browser import known_browser
from onboarding_portal.accounts.models import AuditEntry, Invitation, User
from tests.accounts.journey import ask_for_code, enter_code
from tests.accounts.journey import mailed_code as sign_in_code
from tests.accounts.test_your_data import signed_in
from tests.ev_energy_answers import url, user_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_owner, make_staff

pytestmark = pytest.mark.django_db

ASK, CODES, ACCOUNT = reverse("account_address"), reverse("account_address_codes"), reverse("account")
OLD, NEW = "ann@example.com", "ann.lee@example.org"


def make_ann(**fields: object) -> User:
    return make_owner(email=OLD, **{"ev_energy_user_id": None, **fields})


def code_to(address: str) -> str:
    """The code in the latest e-mail to the address."""
    body = next(str(each.body) for each in reversed(mail.outbox) if each.to == [address])
    found = re.search(r"^    ([A-Z]{6})$", body, re.MULTILINE)
    assert found
    return found.group(1)


def both() -> dict[str, str]:
    return {"old_code": code_to(OLD), "new_code": code_to(NEW)}


def subjects_to(address: str) -> list[str]:
    return [each.subject for each in mail.outbox if each.to == [address]]


def test_both_codes_change_the_address_and_both_mailboxes_are_told() -> None:
    owner = make_ann()
    here, elsewhere = signed_in(owner), signed_in(owner)
    here.post(ASK, {"email": NEW})

    page = here.post(CODES, both(), follow=True)

    assert User.objects.get().email == NEW
    assert "Your address is changed" in page.content.decode()
    assert "was changed" in subjects_to(OLD)[-1]
    assert "was changed" in subjects_to(NEW)[-1]
    assert NEW not in str(mail.outbox[-2].body)  # the old mailbox is not told where to
    assert here.get(ACCOUNT).status_code == 200
    assert elsewhere.get(ACCOUNT).status_code == 302  # all other devices are signed out
    assert AuditEntry.objects.filter(act="accounts.address_changed", actor_kind="OWNER").count() == 1
    assert known_browser(page.wsgi_request, email=NEW)


def test_ev_energy_is_told(ev_energy_api: EvEnergyApi) -> None:
    owner = make_ann(ev_energy_user_id="user" + "1" * 26)
    path = f"/users/{owner.ev_energy_user_id}"
    ev_energy_api.add("PATCH", path, json={**user_json(id=owner.ev_energy_user_id), "email": NEW})
    client = signed_in(owner)
    client.post(ASK, {"email": NEW})

    client.post(CODES, both())

    assert [each.url for each in ev_energy_api.requests] == [url(path)]


def test_ev_energy_that_is_down_stops_nothing(ev_energy_api: EvEnergyApi) -> None:
    owner = make_ann(ev_energy_user_id="user" + "1" * 26)
    ev_energy_api.add_problem("PATCH", f"/users/{owner.ev_energy_user_id}", 503, breaks_contract=True)
    client = signed_in(owner)
    client.post(ASK, {"email": NEW})

    assert client.post(CODES, both(), follow=True).status_code == 200
    assert User.objects.get().email == NEW


@pytest.mark.parametrize("wrong", ["old_code", "new_code"])
def test_one_code_alone_changes_nothing(wrong: str) -> None:
    client = signed_in(make_ann())
    client.post(ASK, {"email": NEW})

    page = client.post(CODES, {**both(), wrong: "BBBBBB"})

    assert page.status_code == 400
    assert page.content.decode().count("That is not the code") == 1
    assert User.objects.get().email == OLD


def test_codes_are_tried_three_times() -> None:
    client = signed_in(make_ann())
    client.post(ASK, {"email": NEW})
    for _ in range(3):
        client.post(CODES, {"old_code": "BBBBBB", "new_code": "BBBBBB"})

    assert client.post(CODES, both())["Location"] == ASK
    assert User.objects.get().email == OLD


def test_codes_asked_for_before_are_dead() -> None:
    client = signed_in(make_ann())
    client.post(ASK, {"email": NEW})
    first = both()
    client.post(ASK, {"email": NEW})

    assert client.post(CODES, first).status_code == 400
    assert client.post(CODES, both()).status_code == 302
    assert User.objects.get().email == NEW


def test_a_code_of_another_purpose_is_none() -> None:
    client = signed_in(make_ann())
    client.post(ASK, {"email": NEW})
    codes = both()
    client.post(reverse("your_data"))

    assert client.post(CODES, {**codes, "old_code": code_to(OLD)}).status_code == 400


def test_codes_are_good_in_the_browser_that_asked_alone() -> None:
    owner = make_ann()
    client = signed_in(owner)
    client.post(ASK, {"email": NEW})

    assert signed_in(owner).post(CODES, both())["Location"] == ASK
    assert User.objects.get().email == OLD


@pytest.mark.parametrize("who", ["owner", "staff", "closed"])
def test_a_taken_address_is_told_to_its_mailbox_alone(who: str) -> None:
    owner = make_ann()
    {"owner": make_owner, "staff": make_staff, "closed": lambda **f: make_owner(is_active=False, **f)}[who](
        email=NEW
    )
    client = signed_in(owner)

    taken = client.post(ASK, {"email": NEW}, follow=True)
    mails = [(each.to[0], each.subject) for each in mail.outbox]
    free = client.post(ASK, {"email": "free@example.org"}, follow=True)

    assert [to for to, _ in mails] == [NEW, OLD]
    assert "already" in mails[0][1]
    assert not re.search(r"^    ([A-Z]{6})$", str(mail.outbox[0].body), re.MULTILINE)
    assert OLD not in str(mail.outbox[0].body)

    def told(page: object) -> str:
        text = re.sub(r'value="\w{64}"|[0-9a-f]{32}', "", page.content.decode())  # type: ignore[attr-defined]  # Django's answer, whatever the stubs say
        return text.replace("free@example.org", NEW)

    assert told(taken) == told(free)


def test_who_registered_meanwhile_keeps_the_address() -> None:
    client = signed_in(make_ann())
    client.post(ASK, {"email": NEW})
    codes = both()
    make_owner(email=NEW)

    page = client.post(CODES, codes, follow=True)

    assert "stays as it was" in page.content.decode()
    assert User.objects.filter(email=OLD).exists()


def test_staff_who_changed_it_meanwhile_were_first() -> None:
    owner = make_ann()
    client = signed_in(owner)
    client.post(ASK, {"email": NEW})
    codes = both()
    User.objects.filter(pk=owner.pk).update(email="third@example.com")

    assert client.post(CODES, codes).status_code == 302  # signed out with it
    assert User.objects.get().email == "third@example.com"


def test_what_opened_the_account_from_the_old_mailbox_is_dead() -> None:
    owner, stranger = make_ann(), Client()
    now = timezone.now()
    Invitation.objects.invite(email=OLD, invited_by=make_staff(), now=now)
    ask_for_code(stranger, OLD)
    old_code = sign_in_code()
    client = signed_in(owner)
    client.post(ASK, {"email": NEW})
    client.post(CODES, both())

    enter_code(stranger, old_code)

    assert stranger.get(ACCOUNT).status_code == 302
    assert not Invitation.objects.for_email(OLD).open(now=timezone.now()).exists()


@pytest.mark.parametrize("email", [OLD, OLD.upper(), "", "nonsense"])
def test_what_is_no_new_address_is_told_at_its_field(email: str) -> None:
    page = signed_in(make_ann()).post(ASK, {"email": email})

    assert page.status_code == 400
    assert 'aria-invalid="true"' in page.content.decode()
    assert mail.outbox == []


def test_five_an_hour_and_no_more_mail_to_strangers() -> None:
    client = signed_in(make_ann())

    answers = [client.post(ASK, {"email": f"x{number}@example.org"}).status_code for number in range(7)]

    assert answers == [302] * 5 + [429] * 2
    assert len(mail.outbox) == 10
