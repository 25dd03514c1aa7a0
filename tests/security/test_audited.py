"""No act of staff without a trace: each admin action and each form of the admin leaves an entry in the audit log.

A new action, or a new address that takes a form, fails here until it leaves one, or has a reason not to.
"""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from onboarding_portal.accounts.models import AuditEntry
from onboarding_portal.reconnects.models import Batch, State
from onboarding_portal.vehicles.models import ByHand
from tests.factories import handle_by_hand, make_make, make_staff, make_vehicle, pause_mail
from tests.html_forms import forms_on
from tests.reconnects.rows import make_broken_car, make_reconnect
from tests.test_permissions import ACTIONS, STAFFS_ADDRESSES, World, world
from tests.urlconf import Address

__all__ = ["world"]

pytestmark = pytest.mark.django_db

OWN_FACTOR = (
    "a colleague's own second factor; what changes it is recorded once it is proven, in tests of its own"
)
SHOWS = "only shows"
OF_THE_POLICY = "has a test of its own in tests/reconnects/policy"
# What is no act on people, cars or what decides about them, or is tested where its form is.
NO_ACT = {
    "admin:login": "staff's own sign-in",
    "admin:logout": "staff's own sign-out",
    "admin:password_change": "staff's own password, which they have to know",
    "admin:password_change_done": SHOWS,
    "admin:vehicles_time_zone": "how times are shown to the one who asks",
    "admin:api_apikey_secret": SHOWS,
    "admin:events_endpoint_secret": SHOWS,
    "admin:autocomplete": SHOWS,
    "admin:jsi18n": SHOWS,
    "admin:index": SHOWS,
    "admin:view_on_site": SHOWS,
    "admin:no-such-page": SHOWS,
    "admin:engine": SHOWS,
    "admin:insights_csv": "numbers without a person",
    "admin:accounts_user_owner": SHOWS,
    "admin:accounts_user_merge": "asks for another owner first; tests of its own",
    "admin:vehicles_vehicle_hand_over": "asks for another owner first; tests of its own",
    "admin:accounts_user_delete": "leads to Erase, which leaves one",
    "admin:reconnects_batch_progress": SHOWS,
    "admin:reconnects_reconnect_qr": SHOWS,
    "admin:reconnects_policyversion_preview": SHOWS,
    "admin:reconnects_policyversion_switch": OF_THE_POLICY,
    "admin:reconnects_policyversion_add": OF_THE_POLICY,
    "admin:second_factor": OWN_FACTOR,
    "admin:two_factor": OWN_FACTOR,
    "admin:two_factor_app": OWN_FACTOR,
    "admin:two_factor_passkey": OWN_FACTOR,
    "admin:two_factor_codes": OWN_FACTOR,
    "admin:two_factor_again": OWN_FACTOR,
    "admin:forgotten_password": "nobody is signed in; the mail that goes out is noted",
    "admin:set_password": "leaves one with a link that is good: tests/accounts/test_colleagues.py",
    "admin:my_sessions": "leaves one with a session to end: tests/accounts/test_colleagues.py",
    "admin:accounts_colleague_change": SHOWS,
    "admin:accounts_invitationimport_add": "keeps a file for a day; confirming it is the act",
    "admin:accounts_invitationimport_confirm": "the one there is was confirmed before; tests of its own",
    "admin:accounts_invitationimport_rest": "only looks, at what its sender has sent in",
    "admin:reconnects_batch_again": "there is nobody to mail again; tests of its own",
}
SHOWING = ("_changelist", "_list_csv", "_history")  # actions are sent to a list; they are walked over apart

Sent = dict[str, Any]


def an_owner_to_change(world: World) -> Sent:
    return {"email": "other@example.com", "is_active": "on", "wants_reminders": "on"}


def an_address_to_change(world: World) -> Sent:
    return {"email": "another@example.com", "seen": world.owner.email}


def a_colleague_to_hand_to(world: World) -> Sent:
    return {"colleague": make_staff().pk, "reason": "Rang"}


def what_is_handled_by_hand(world: World) -> Sent:
    car = make_vehicle(owner=world.owner)
    handle_by_hand(car)
    return {"row": ByHand.objects.get(vehicle=car).pk}


def mail_that_is_paused(world: World) -> Sent:
    pause_mail(world.owner)
    return {}


def a_batch_with(state: State) -> Callable[[World], Sent]:
    def prepare(world: World) -> Sent:
        make_reconnect(state, batch=Batch.objects.get(), wants_email=False)
        return {}

    return prepare


def a_group_to_begin_in(world: World) -> Sent:
    return {"email": "colleague@example.com", "group": Group.objects.get(ready_made__key="reader").pk}


def another_make(world: World) -> Sent:
    return {"make": make_make("Polestar").pk, "controller": ""}


HELP_TEXT: Sent = {
    "topic": "PASSWORD",
    "text": "The one of their app.",
    "make": "",
    "language": "",
    "link": "",
}

# What the forms are sent, and made ready for.
FORMS: dict[str, Sent | Callable[[World], Sent]] = {
    "admin:accounts_user_add": {"email": "somebody@example.com"},
    "admin:accounts_user_change": an_owner_to_change,
    "admin:accounts_user_erase": {"where": "here"},
    "admin:accounts_user_note": {"text": "Called"},
    "admin:accounts_user_by_hand": a_colleague_to_hand_to,
    "admin:accounts_user_end_by_hand": what_is_handled_by_hand,
    "admin:accounts_user_pause_mail": {"reason": "Asked for it"},
    "admin:accounts_user_change_address": an_address_to_change,
    "admin:accounts_user_resume_mail": mail_that_is_paused,
    "admin:api_apikey_add": {"name": "CRM", "scopes": ["vehicles:read"]},
    "admin:api_apikey_change": {"name": "CRM", "scopes": ["vehicles:read"]},
    "admin:events_endpoint_add": {"name": "CRM", "url": "https://receiver.example/events", "is_on": "on"},
    "admin:events_endpoint_change": {"name": "ERP", "url": "https://receiver.example/events", "is_on": "on"},
    "admin:events_endpoint_again": {"since": "2020-01-01 00:00", "until": "2100-01-01 00:00"},
    "admin:accounts_colleague_add": a_group_to_begin_in,
    "admin:accounts_invitation_add": {"email": "somebody@example.com"},
    "admin:accounts_invitation_delete": {"post": "yes"},
    "admin:auth_group_add": {"name": "Night shift"},
    "admin:auth_group_change": {"name": "Night shift"},
    "admin:auth_group_delete": {"post": "yes"},
    "admin:axes_accessattempt_delete": {"post": "yes"},
    "admin:catalogue_helptext_add": HELP_TEXT,
    "admin:catalogue_helptext_change": HELP_TEXT,
    "admin:catalogue_helptext_delete": {"post": "yes"},
    "admin:vehicles_makeoutage_add": another_make,
    "admin:reconnects_batch_cancel": a_batch_with(State.QUEUED),
    "admin:reconnects_batch_retry": a_batch_with(State.FAILED),
}


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


def chosen_for(action: str, world: World, name: str) -> object:
    """A car for which nothing is under way, where links are to be made; a colleague, where users are deleted."""
    if action in {"request_reconnect_links", "email_reconnect_links"}:
        return make_broken_car().pk
    if (action, name) == ("delete_selected", "accounts_user"):
        return make_staff().pk
    return world.object_ids[name]


@pytest.mark.parametrize(("label", "action"), ACTIONS)
def test_each_action_leaves_an_entry(world: World, boss: Client, label: str, action: str) -> None:
    model = apps.get_model(label)
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    path = reverse(f"admin:{name}_changelist")
    chosen = {"action": action, "_selected_action": [chosen_for(action, world, name)], "index": "0"}
    before = AuditEntry.objects.count()

    page = boss.post(path, {**chosen, "select_across": "0"})
    if page.status_code == 200:  # it asks first
        form = forms_on(page)[0]
        pressed = {each["name"]: each["value"] for each in form.buttons[:1] if "name" in each}
        boss.post(form.action, {**form.fields, **chosen, **pressed})

    assert AuditEntry.objects.count() > before, (
        f"{action} on {label} leaves no entry: call onboarding_portal.accounts.audit.record in its transaction."
    )


def takes_a_form(address: Address) -> bool:
    return address.name not in NO_ACT and not address.name.endswith(SHOWING)


@pytest.mark.parametrize(
    "address", [each for each in STAFFS_ADDRESSES if takes_a_form(each)], ids=lambda address: address.name
)
def test_each_form_leaves_an_entry(world: World, boss: Client, address: Address) -> None:
    prepared = FORMS.get(address.name, {})
    fields = prepared(world) if callable(prepared) else prepared
    before = AuditEntry.objects.count()

    answer = boss.post(world.path(address), fields)

    if answer.status_code in {403, 404, 405} and address.name not in FORMS:
        return  # it takes none
    assert AuditEntry.objects.count() > before, (
        f"{address.name} takes a form and leaves no entry ({answer.status_code}): call "
        f"onboarding_portal.accounts.audit.record in its transaction, or say in NO_ACT why it is no act; what it has "
        f"to be sent stands in FORMS."
    )


def test_what_is_named_here_exists() -> None:
    names = {address.name for address in STAFFS_ADDRESSES}

    assert set(NO_ACT) | set(FORMS) <= names
