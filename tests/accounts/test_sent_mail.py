"""Each message the portal sends is noted: its kind, for whom, what the mail server said; never what it held."""

from pathlib import Path
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.conf import settings
from django.core.mail.backends.locmem import EmailBackend

from onboarding_portal.accounts.invitations import mail as invitation_mail
from onboarding_portal.accounts.mail import KINDS, MailNotSent, send_mail
from onboarding_portal.accounts.models import Invitation, MailKind, MailPause, SentMail, User
from onboarding_portal.accounts.new_address import tell_old_address
from onboarding_portal.operations.engine.telling import ALARM
from tests.accounts.journey import ask_for_code, enter_code, mailed_code
from tests.factories import NOW, make_owner, make_staff

pytestmark = pytest.mark.django_db

ADDRESS = "ann@example.com"


def test_every_mail_there_is_has_a_kind() -> None:
    folder = Path(settings.BASE_DIR / "templates")
    names = {
        str(path.relative_to(folder)).removesuffix("_message.html") for path in folder.rglob("*_message.html")
    }

    assert names - {ALARM} == set(KINDS)  # an alarm is about no account


def test_a_mail_is_noted_for_the_account_with_its_address() -> None:
    owner = make_owner(email=ADDRESS)

    send_mail(template="accounts/email/no_code", to=ADDRESS, context={})

    noted = SentMail.objects.get()
    assert (noted.owner, noted.kind, noted.is_accepted, noted.answer) == (owner, MailKind.NO_CODE, True, "")


def test_what_goes_to_the_old_address_is_noted_for_its_owner() -> None:
    owner = make_owner(email="new@example.com")

    tell_old_address(email="old@example.com", owner=owner)

    assert SentMail.objects.get().owner == owner


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (SMTPRecipientsRefused({ADDRESS: (550, b"5.1.1 <ann@example.com>: no such user")}), "550 5.1.1"),
        (SMTPDataError(554, b"https://portal.example.com/invite/abcdef123456 is spam"), "554 [link] is spam"),
        (SMTPServerDisconnected("gone"), "SMTPServerDisconnected"),
        (TimeoutError(), "TimeoutError"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_the_server_said_is_kept_without_address_or_link(
    error: OSError, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: Any) -> int:
        raise error

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    owner = make_owner(email=ADDRESS)

    with pytest.raises(MailNotSent):
        send_mail(template="accounts/email/no_code", to=ADDRESS, context={})

    noted = SentMail.objects.to(owner).refused(since=NOW).get()
    assert noted.answer.startswith(answer)
    assert "ann" not in noted.answer
    assert "invite" not in noted.answer


def test_the_invitation_is_the_accounts_once_it_is_accepted(client: Any) -> None:
    invitation, token = Invitation.objects.invite(email=ADDRESS, invited_by=make_staff(), now=NOW)
    invitation_mail.send(invitation=invitation, token=token)
    assert SentMail.objects.get().owner is None

    Invitation.objects.update(expires_at="2099-01-01T00:00:00Z")
    ask_for_code(client, ADDRESS)
    enter_code(client, mailed_code())

    owner = User.objects.get(email=ADDRESS)
    assert set(SentMail.objects.to(owner).values_list("kind", flat=True)) == {
        MailKind.INVITATION,
        MailKind.CODE,
    }


def test_no_column_of_a_noted_mail_holds_its_code_link_or_address(client: Any) -> None:
    make_owner(email=ADDRESS)
    ask_for_code(client, ADDRESS)

    held = " ".join(str(value) for row in SentMail.objects.values() for value in row.values())

    assert mailed_code() not in held
    assert "@" not in held


def test_all_mail_to_an_owner_is_paused_once_and_resumed() -> None:
    owner, other, colleague = make_owner(), make_owner(), make_staff()
    values = {"owner_id": owner.pk, "by": colleague, "now": NOW}

    assert MailPause.objects.begin(**values, reason="In hospital.")
    assert not MailPause.objects.begin(**values, reason="Again.")
    assert not owner.may_be_mailed
    assert owner not in User.objects.mailable()
    assert other in User.objects.mailable()

    assert MailPause.objects.end(**values)
    assert owner.may_be_mailed
    assert owner in User.objects.mailable()
    assert not MailPause.objects.end(**values)
