"""What `accounts` holds about a person: the account, what was sent to it, and what the audit log says of it."""

import secrets

from axes.models import AccessAttempt, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db.models import Model, Q, QuerySet

from onboarding_portal.accounts.held import FORMER_COLLEAGUE, Held, Mention, Person, PersonalData, Signed
from onboarding_portal.accounts.models import (
    AuditEntry,
    AuditSubject,
    Invitation,
    InvitationImportRow,
    MailPause,
    MergedAccount,
    OwnerSession,
    SecondFactor,
    SentMail,
    SignIn,
    StaffIdentity,
    StaffSession,
    User,
)


def _history(person: Person) -> QuerySet[LogEntry]:
    """Django's history of the owner: what they did, and what was done to them, their cars and their invitations."""
    on_user = Q(content_type=ContentType.objects.get_for_model(User), object_id=str(person.user_id))
    on_car = Q(object_id__in=person.vehicle_ids)
    return LogEntry.objects.filter(Q(user=person.user_id) | on_user | on_car | Q(object_repr=person.email))


def _sessions(person: Person) -> QuerySet[Session]:
    """Those the owner is signed in with, and those that wait for a code for their address.

    A session says whose it is in what it stores alone, so all that live are read.
    """
    sessions = Session.objects.only("session_key", "session_data").iterator(chunk_size=2000)
    return Session.objects.filter(pk__in=[each.pk for each in sessions if _is_of(each, person)])


def _is_of(session: Session, person: Person) -> bool:
    data = session.get_decoded()
    return data.get("_auth_user_id") == str(person.user_id) or person.email in str(data)


def _forget_subjects(rows: QuerySet[AuditSubject], person: Person) -> int:
    """The acts stay, with how many they were about; of the person nothing does, nor what was written about them."""
    count = rows.count()
    rows.exclude(owner=person.user_id).update(
        vehicle_id=""
    )  # of a car's former owner it stays that they were one
    own = AuditSubject.objects.filter(owner=person.user_id)
    AuditEntry.objects.filter(pk__in=own.values("entry"), count=1).update(why="", detail="")
    own.update(owner=None, vehicle_id="")
    return count


def _forget_actor(rows: QuerySet[AuditEntry], person: Person) -> int:
    """What they did stays, too: under a name that is nobody's, the same for all of it."""
    name = f"{FORMER_COLLEAGUE} {secrets.token_hex(3)}"
    rows.filter(actor_name=person.email).update(actor_name=name)
    return rows.update(actor=None, network_address="")


def _of_staff(model: type[Model]) -> Held:
    reason = "it is a colleague's, and owners have none; it is deleted all the same"
    return Held(
        model=model, rows=lambda person: model._default_manager.filter(user=person.user_id), because=reason
    )


def _wrong_passwords(model: type[Model]) -> Held:
    return Held(
        model=model,
        rows=lambda person: model._default_manager.filter(username=person.email),
        exported=["attempt_time", "ip_address", "user_agent"],
    )


class AccountsPersonalData(PersonalData):
    room = "accounts"
    height = 0
    held = (
        Held(
            model=AuditSubject,
            rows=lambda person: AuditSubject.objects.filter(
                Q(owner=person.user_id) | Q(vehicle_id__in=person.vehicle_ids)
            ),
            exported=["entry__at", "entry__act", "vehicle_id"],
            erase=_forget_subjects,
        ),
        Held(
            model=AuditEntry,
            rows=lambda person: AuditEntry.objects.filter(
                Q(actor=person.user_id) | Q(actor_name=person.email)
            ),
            exported=["at", "act", "network_address"],
            erase=_forget_actor,
        ),
        Held(model=LogEntry, rows=_history, exported=["action_time", "change_message"]),
        Held(
            model=SentMail,
            rows=lambda person: SentMail.objects.filter(
                Q(owner=person.user_id) | Q(invitation__email=person.email)
            ),
            exported=["at", "kind", "is_accepted", "answer"],
        ),
        Held(
            model=SignIn,
            rows=lambda person: SignIn.objects.filter(owner=person.user_id),
            exported=["at"],
        ),
        Held(
            model=OwnerSession,
            rows=lambda person: OwnerSession.objects.filter(user=person.user_id),
            exported=["began_at", "seen_at", "ends_at", "browser"],
        ),
        Held(
            model=MergedAccount,
            rows=lambda person: MergedAccount.objects.filter(
                Q(other=person.user_id) | Q(into=person.user_id)
            ),
            exported=["at"],
        ),
        Held(
            model=MailPause,
            rows=lambda person: MailPause.objects.filter(owner=person.user_id),
            exported=["since", "reason", "ended_at"],
        ),
        Held(
            model=Invitation,
            rows=lambda person: Invitation.objects.filter(Q(user=person.user_id) | Q(email=person.email)),
            exported=[
                "created_at",
                "email",
                "name",
                "language",
                "make_id",
                "note",
                "mailed_at",
                "accepted_at",
            ],
        ),
        Held(
            model=InvitationImportRow,
            rows=lambda person: InvitationImportRow.objects.filter(
                Q(email=person.email) | Q(cells__icontains=person.email)
            ),
            exported=["line", "cells"],
        ),
        Held(
            model=Session, rows=_sessions, because="it is the browser's proof of who signed in, and a secret"
        ),
        *(_of_staff(model) for model in (StaffSession, SecondFactor, StaffIdentity)),
        *(_wrong_passwords(model) for model in (AccessAttempt, AccessLog)),
        Held(
            model=User,
            rows=lambda person: User.objects.filter(pk=person.user_id),
            exported=[
                *("email", "name", "ev_energy_user_id", "time_zone", "country", "wants_reminders"),
                *("is_active", "language", "seen_language"),
                *("joined_at", "last_login", "is_self_registered"),
            ],
        ),
    )
    mentions = (
        Mention(model=AuditEntry, columns=["why", "detail"]),
        Mention(model=LogEntry, columns=["change_message", "object_repr"]),
        Mention(model=MailPause, columns=["reason"]),
        Mention(model=Invitation, columns=["note"]),
    )
    signed = (
        Signed(model=MailPause, columns=["by_name", "ended_by_name"]),
        Signed(model=MergedAccount, columns=["by_name"]),
    )
    not_about_owners = {
        "accounts.Colleague": "colleagues; the same rows as accounts.User",
        "accounts.InvitationImport": "names the colleague who sent a file in; its lines are listed",
        "accounts.User_groups": "rights of colleagues; they go with the user",
        "accounts.User_user_permissions": "rights of colleagues; they go with the user",
        "account.EmailAddress": "nothing writes it",
        "account.EmailConfirmation": "nothing writes it",
        "axes.AccessFailureLog": "nothing writes it",
        "axes.AccessAttemptExpiration": "goes with its AccessAttempt, and says a moment only",
    }
