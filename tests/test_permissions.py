"""Who may open what: one table of every address, one of every admin action, and one of every command.

A new address or action fails here until it has a row. An owner's row says what each visitor gets. An admin row says
which permissions open it; staff with these get in, staff with all others but these do not. What that means for each
of the ready-made groups is tried as well, and printed at the end of the run.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import product

import pytest
from axes.models import AccessAttempt
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.core.cache import cache
from django.core.management import get_commands
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.audit import POLICY, Act, about, record
from onboarding_portal.accounts.models import Erasure, Invitation, InvitationImport, MailKind, SentMail, User
from onboarding_portal.accounts.staff.site import CODE_BACKEND
from onboarding_portal.api.events.models import Delivery, DeliveryState
from onboarding_portal.catalogue.models import HelpText
from onboarding_portal.insights.job import count_insights
from onboarding_portal.operations.models import Alarm, Process, RegularJob
from onboarding_portal.reconnects.mailed.unsubscribe import unsubscribe_url
from onboarding_portal.reconnects.models import (
    Batch,
    BatchKind,
    MakeSurvival,
    PolicyVersion,
    State,
    UnstableVehicle,
)
from onboarding_portal.staff_groups import StaffGroup, rights_of
from onboarding_portal.vehicles.models import MakeOutage, SyncRun
from tests.api.events.rows import an_endpoint, an_event
from tests.api.rows import make_hand_over
from tests.ev_energy_api import EvEnergyApi
from tests.factories import handle_by_hand, make_attempt, make_owner, make_staff, make_trim
from tests.reconnects.rows import make_broken_car, make_emailed, make_helper_link, make_reconnect
from tests.urlconf import PARTS, Address, addresses, nothing_stays, parts_of

pytestmark = pytest.mark.django_db

PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"
LOGIN, ADMIN_LOGIN = "to sign in", "to the admin's sign-in"

# Owners' pages: what each visitor gets. A number is a status. The thing at the address is the owner's.


@dataclass(frozen=True)
class Row:
    anonymous: int | str
    owner: int | str
    other_owner: int | str
    staff: int | str  # without any permission, signed in with a password
    method: str = "get"


OPEN_TO_ALL = Row(200, 200, 200, 200)
SIGNED_IN = Row(LOGIN, 200, 200, 200)
OWN = Row(LOGIN, 200, 404, 404)
BY_KEY_ALONE = Row(401, 401, 401, 401)

PAGES: dict[str, Row | list[Row]] = {
    "home": Row(200, 302, 302, 302),
    "components": Row(404, 404, 404, 404),  # in DEBUG alone
    "component_mail": Row(404, 404, 404, 404),
    "hook_of_ev_energy": Row(404, 404, 404, 404),  # until EV_ENERGY_WEBHOOK_SECRETS is set
    "security_txt": Row(404, 404, 404, 404),  # until SECURITY_CONTACT is set
    "account_login": Row(200, 302, 302, 302),
    "account_request_login_code": Row(200, 302, 302, 302),
    "account_confirm_login_code": Row(LOGIN, 302, 302, 302),
    "account_logout": [Row(405, 405, 405, 405), Row(302, 302, 302, 302, method="post")],
    "language": OPEN_TO_ALL,
    "invitation": OPEN_TO_ALL,
    "account": [Row(LOGIN, 200, 200, 403), Row(LOGIN, 302, 302, 403, method="post")],
    "account_address": Row(LOGIN, 200, 200, 403),
    "account_address_codes": Row(LOGIN, 302, 302, 403),
    "account_devices": [Row(LOGIN, 302, 302, 302), Row(LOGIN, 302, 302, 403, method="post")],
    "account_reminders": [Row(LOGIN, 302, 302, 302), Row(LOGIN, 302, 302, 403, method="post")],
    "your_data": Row(LOGIN, 200, 200, 403),
    "your_data_code": Row(LOGIN, 302, 302, 403),
    "your_data_read": Row(LOGIN, 302, 302, 403),  # without a fresh code
    "your_data_json": Row(LOGIN, 302, 302, 403),
    "your_data_erase": [Row(LOGIN, 302, 302, 403), Row(LOGIN, 302, 302, 403, method="post")],
    "your_data_erased": OPEN_TO_ALL,
    "make_logo": Row(404, 404, 404, 404),
    "onboarding:makes": SIGNED_IN,
    "onboarding:at_ev_energy": SIGNED_IN,
    "onboarding:make": SIGNED_IN,
    "onboarding:model": SIGNED_IN,
    "onboarding:trim": SIGNED_IN,
    "onboarding:start": [Row(LOGIN, 302, 302, 302), Row(LOGIN, 302, 302, 302, method="post")],
    "onboarding:preparing": SIGNED_IN,
    "onboarding:return": Row(200, 302, 404, 404),  # 302: to the same page without the ids
    "onboarding:waitlist": SIGNED_IN,
    "onboarding:country": [SIGNED_IN, Row(LOGIN, 400, 400, 400, method="post")],
    "vehicles:list": SIGNED_IN,
    "vehicles:detail": OWN,
    "vehicles:history": OWN,
    "vehicles:disconnect": [OWN, Row(LOGIN, 302, 404, 404, method="post")],
    "vehicles:remove": [OWN, Row(LOGIN, 302, 404, 404, method="post")],
    "vehicles:name": [Row(LOGIN, 302, 404, 404), Row(LOGIN, 302, 404, 404, method="post")],
    "readiness:ready": Row(LOGIN, 302, 404, 404),
    "readiness:address": [OWN, Row(LOGIN, 400, 404, 404, method="post")],
    # 503: nobody answers there as ev.energy.
    "readiness:tariff": [Row(LOGIN, 503, 404, 404), Row(LOGIN, 302, 404, 404, method="post")],
    "readiness:tariff_of": [Row(LOGIN, 503, 404, 404), Row(LOGIN, 503, 404, 404, method="post")],
    "readiness:switch": [OWN, Row(LOGIN, 503, 404, 404, method="post")],
    "reconnects:start": [Row(LOGIN, 302, 404, 404), Row(LOGIN, 302, 404, 404, method="post")],
    "reconnects:return": OPEN_TO_ALL,
    "reconnects:lasting": OPEN_TO_ALL,
    "reconnects:ask_helper": OWN,
    "reconnects:end_helper": [Row(LOGIN, 302, 404, 404), Row(LOGIN, 302, 404, 404, method="post")],
    "reconnects:helper": OPEN_TO_ALL,
    "reconnects:unsubscribe": OPEN_TO_ALL,
    # The API takes keys alone: nobody's session opens anything of it.
    "hand_over": OPEN_TO_ALL,
    "hand_over_leave": Row(404, 404, 404, 404),  # nobody was handed over
    "api:make_session": Row(401, 401, 401, 401, method="post"),
    "api:get_session": BY_KEY_ALONE,
    "api_docs": OPEN_TO_ALL,
    "api:get_owner": BY_KEY_ALONE,
    "api:list_reconnects": BY_KEY_ALONE,
    "api:ask_for_reconnect": Row(401, 401, 401, 401, method="post"),
    "api_description": OPEN_TO_ALL,
    "api:api-root": Row(404, 404, 404, 404),
    "api:list_vehicles": BY_KEY_ALONE,
    "api:get_vehicle": BY_KEY_ALONE,
}

# The admin: sets of permissions, each of which opens the page; none at all closes it to everybody but superusers.


@dataclass(frozen=True)
class Rule:
    opens: list[set[str]] = field(default_factory=list)
    status: int | str = 200
    method: str = "get"
    for_all_staff: bool = False


def model_pages(
    name: str, *, add: bool = False, delete: bool = False, change: bool = True
) -> dict[str, Rule]:
    """The rows of a model's pages in the admin; what is not named is closed, looking is always a permission."""
    app, _, model = name.rpartition("_")
    look = [{f"{app}.view_{model}"}]
    look += [{f"{app}.change_{model}"}] if change else []  # to Django who may change may look
    return {
        f"admin:{name}_list_csv": Rule([{*each, "accounts.export_lists"} for each in look]),
        f"admin:{name}_changelist": Rule(look),
        f"admin:{name}_change": Rule(look),
        f"admin:{name}_history": Rule(look),
        f"admin:{name}_add": Rule([{f"{app}.add_{model}"}] if add else []),
        f"admin:{name}_delete": Rule([{f"{app}.delete_{model}"}] if delete else []),
    }


DIAGNOSTICS = [{"vehicles.view_diagnostics"}]
SEE_RECONNECT = [{"reconnects.view_reconnect"}, {"reconnects.change_reconnect"}]
SEE_BATCH = [{"reconnects.view_batch"}, {"reconnects.change_batch"}]
ACT_ON_BATCH = [{*look, "reconnects.request_reconnect_links"} for look in SEE_BATCH]
ALL_STAFF = Rule(for_all_staff=True)
SEE_OWNER = [{"accounts.view_user"}, {"accounts.change_user"}]


def owner_page(right: str) -> Rule:
    return Rule([{*look, right} for look in SEE_OWNER])


def owner_form(right: str) -> Rule:
    """A form of an owner's page: who may send it sees the page as well."""
    return Rule([{*look, right} for look in SEE_OWNER], status=302, method="post")


ADMIN: dict[str, Rule] = {
    "admin:index": ALL_STAFF,
    "admin:login": Rule(status=302, for_all_staff=True),
    "admin:logout": Rule(status=302, method="post", for_all_staff=True),
    "admin:password_change": ALL_STAFF,
    "admin:password_change_done": ALL_STAFF,
    "admin:jsi18n": ALL_STAFF,
    "admin:second_factor": Rule(status=ADMIN_LOGIN, for_all_staff=True),  # nobody's second step is awaited
    "admin:two_factor": ALL_STAFF,
    "admin:single_sign_on": Rule(status=404, method="post", for_all_staff=True),  # until OIDC_ISSUER is set
    "admin:single_sign_on_return": Rule(status=404, for_all_staff=True),
    "admin:forgotten_password": ALL_STAFF,
    "admin:set_password": Rule(status=410, for_all_staff=True),
    "admin:my_sessions": ALL_STAFF,
    "admin:end_my_sessions": Rule(status=ADMIN_LOGIN, method="post", for_all_staff=True),
    "admin:accounts_colleague_link": Rule([{"accounts.change_colleague"}], status=302, method="post"),
    "admin:accounts_colleague_sessions": Rule([{"accounts.change_colleague"}], status=302, method="post"),
    "admin:accounts_colleague_left": Rule([{"accounts.change_colleague"}]),
    "admin:accounts_colleague_second_factor": Rule([{"accounts.reset_second_factor"}]),
    "admin:two_factor_app": ALL_STAFF,
    "admin:two_factor_passkey": ALL_STAFF,
    "admin:two_factor_codes": Rule(status=302, method="post", for_all_staff=True),
    "admin:two_factor_remove": Rule(status=404, method="post", for_all_staff=True),  # their own alone
    "admin:two_factor_again": Rule(status=ADMIN_LOGIN, method="post", for_all_staff=True),
    "admin:autocomplete": Rule(),  # no admin of ours asks for it
    "admin:view_on_site": Rule(status=404, for_all_staff=True),  # no model has a page of its own there
    "admin:no-such-page": Rule(status=404, for_all_staff=True),
    "admin:auth_user_password_change": Rule(),  # staff's passwords are superusers' to set, owners have none
    "admin:insights_csv": Rule([{"vehicles.view_vehicle"}]),
    "admin:engine": Rule([{"operations.view_alarm"}]),
    "admin:accounts_user_owner": Rule(SEE_OWNER),
    "admin:accounts_user_note": owner_form("vehicles.add_note"),
    "admin:accounts_user_by_hand": owner_form("vehicles.add_byhand"),
    "admin:accounts_user_end_by_hand": owner_form("vehicles.change_byhand"),
    "admin:accounts_user_pause_mail": owner_form("accounts.pause_mail"),
    "admin:accounts_user_resume_mail": owner_form("accounts.pause_mail"),
    "admin:accounts_user_sign_out": owner_form("accounts.end_sessions"),
    "admin:accounts_user_send_link": owner_form("accounts.send_code"),
    "admin:accounts_user_change_address": owner_page("accounts.change_user_address"),
    "admin:accounts_user_merge": owner_page("accounts.merge_users"),
    "admin:vehicles_vehicle_hand_over": owner_page("vehicles.hand_over_vehicle"),
    "admin:vehicles_time_zone": Rule(DIAGNOSTICS, status=302, method="post"),
    "admin:vehicles_vehicle_timeline": Rule(DIAGNOSTICS),
    "admin:vehicles_vehicle_why": Rule(DIAGNOSTICS),
    "admin:vehicles_vehicle_logs": Rule(DIAGNOSTICS),
    "admin:vehicles_vehicle_log_entry": Rule(DIAGNOSTICS),
    "admin:reconnects_batch_progress": Rule(SEE_BATCH),
    "admin:reconnects_batch_csv": Rule(SEE_BATCH),
    "admin:reconnects_batch_again": Rule([{*look, "reconnects.email_reconnect_links"} for look in SEE_BATCH]),
    "admin:reconnects_batch_cancel": Rule(ACT_ON_BATCH),
    "admin:reconnects_batch_retry": Rule(ACT_ON_BATCH),
    "admin:reconnects_reconnect_qr": Rule(
        [{*look, "reconnects.view_reconnect_links"} for look in SEE_RECONNECT]
    ),
    **model_pages("api_apikey", add=True),
    "admin:api_apikey_secret": Rule([{"api.add_apikey"}]),
    **model_pages("api_handover"),
    **model_pages("events_endpoint", add=True),
    "admin:events_endpoint_secret": Rule([{"events.add_endpoint"}, {"events.change_endpoint"}]),
    "admin:events_endpoint_new_secret": Rule([{"events.change_endpoint"}], status=302, method="post"),
    "admin:events_endpoint_test": Rule([{"events.change_endpoint"}], status=302, method="post"),
    "admin:events_endpoint_again": Rule([{"events.change_endpoint"}], status=302, method="post"),
    **model_pages("events_event"),
    **model_pages("events_delivery"),
    **model_pages("auth_group"),
    **model_pages("accounts_user", add=True, delete=True),
    "admin:accounts_user_delete": Rule([{"accounts.delete_user"}], status=302),  # an owner's leads to Erase
    "admin:accounts_user_export": Rule([{"accounts.export_owner"}]),
    "admin:accounts_user_export_json": Rule([{"accounts.export_owner"}]),
    "admin:accounts_user_erase": Rule([{"accounts.erase_owner"}]),
    **model_pages("accounts_erasure", change=False),
    "admin:accounts_user_add": Rule([{"accounts.add_user", "accounts.change_user"}]),
    **model_pages("accounts_colleague", add=True),
    **model_pages("accounts_invitation", add=True, delete=True),
    **model_pages("accounts_invitationimport", add=True),
    "admin:accounts_invitationimport_confirm": Rule(
        [{"accounts.change_invitationimport"}], status=302, method="post"
    ),
    "admin:accounts_invitationimport_stop": Rule(
        [{"accounts.change_invitationimport"}], status=302, method="post"
    ),
    "admin:accounts_invitationimport_rest": Rule(
        [{"accounts.view_invitationimport"}, {"accounts.change_invitationimport"}]
    ),
    **model_pages("accounts_auditentry", change=False),
    **model_pages("axes_accessattempt", delete=True),
    **model_pages("catalogue_helptext", add=True, delete=True),
    **model_pages("catalogue_make"),
    **model_pages("catalogue_model"),
    **model_pages("catalogue_trim"),
    **model_pages("accounts_sentmail"),
    **model_pages("vehicles_byhand"),
    **model_pages("vehicles_syncrun"),
    **model_pages("vehicles_vehicle"),
    **model_pages("vehicles_makeoutage", add=True),
    **model_pages("onboarding_attempt"),
    **model_pages("reconnects_batch"),
    **model_pages("reconnects_reconnect"),
    **model_pages("reconnects_unstablevehicle"),
    **model_pages("reconnects_policyversion", add=True),
    **model_pages("reconnects_makesurvival"),
    "admin:reconnects_policyversion_preview": Rule(
        [{"reconnects.view_policyversion"}, {"reconnects.change_policyversion"}]
    ),
    "admin:reconnects_policyversion_switch": Rule([{"reconnects.switch_policy"}], status=302, method="post"),
    **model_pages("django_tasks_database_dbtaskresult"),
    **model_pages("operations_regularjob"),
    **model_pages("operations_process", change=False),
    **model_pages("operations_alarm", change=False),
}

# What the admin answers to those who are no staff, where it does not send them to its sign-in.
OPEN = {
    "admin:login": 200,
    "admin:logout": 302,  # to the start page
    "admin:forgotten_password": 200,
    "admin:set_password": 410,  # no such link
    "admin:single_sign_on": 404,  # until OIDC_ISSUER is set
    "admin:single_sign_on_return": 404,
}

# Admin actions: the permission each needs, beside looking at the list.
NO_PERMISSION = ""  # superusers only
ACTIONS: dict[tuple[str, str], str] = {
    ("auth.Group", "delete_selected"): NO_PERMISSION,
    ("accounts.User", "delete_selected"): "accounts.delete_user",
    ("accounts.User", "sign_out_everywhere"): "accounts.change_user",
    ("accounts.Invitation", "delete_selected"): "accounts.delete_invitation",
    ("accounts.Invitation", "send_again"): "accounts.add_invitation",
    ("api.ApiKey", "revoke"): "api.revoke_apikey",
    ("catalogue.HelpText", "delete_selected"): "catalogue.delete_helptext",
    ("events.Event", "send_again"): "events.change_endpoint",
    ("events.Delivery", "send_again"): "events.change_endpoint",
    ("axes.AccessAttempt", "delete_selected"): "axes.delete_accessattempt",
    ("vehicles.MakeOutage", "lift"): "vehicles.change_makeoutage",
    ("vehicles.Vehicle", "mark_stale"): "vehicles.change_vehicle",
    ("vehicles.Vehicle", "clear_stale"): "vehicles.change_vehicle",
    ("vehicles.Vehicle", "refresh_from_ev_energy"): "vehicles.change_vehicle",
    ("vehicles.Vehicle", "request_reconnect_links"): "reconnects.request_reconnect_links",
    ("vehicles.Vehicle", "email_reconnect_links"): "reconnects.email_reconnect_links",
    ("reconnects.Reconnect", "send_again"): "reconnects.email_reconnect_links",
    ("reconnects.Reconnect", "make_links_anew"): "reconnects.request_reconnect_links",
    ("reconnects.Reconnect", "revoke_links"): "reconnects.change_reconnect",
    ("reconnects.Reconnect", "cancel_reconnects"): "reconnects.change_reconnect",
    ("reconnects.UnstableVehicle", "clear_flag"): "reconnects.change_unstablevehicle",
}

# Commands: whoever may run them has a shell on the server, and with it more than any group.
COMMANDS = {
    "changepassword",
    "check_ev_energy",
    "check_predictions",
    "clock",
    "createsuperuser",
    "db_worker",
    "demo",
    "erase_owner",
    "export_owner",
    "purge",
    "sync_catalogue",
    "sync_vehicles",
    "vehicle_logs",
}

ADDRESSES = addresses()
# Django's old addresses of change pages, which only redirect to the new ones.
REDIRECTS_ONLY = {address.route for address in ADDRESSES if address.name == "admin:view"}
OWNERS_ADDRESSES = [each for each in ADDRESSES if not each.name.startswith("admin:")]
STAFFS_ADDRESSES = [
    each for each in ADDRESSES if each.name.startswith("admin:") and each.route not in REDIRECTS_ONLY
]


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    names = {address.name for address in ADDRESSES if address.route not in REDIRECTS_ONLY}

    assert names == PAGES.keys() | ADMIN.keys()


def test_every_admin_action_has_a_row_and_every_row_an_action() -> None:
    request = request_of(make_owner(is_staff=True, is_superuser=True))

    found = {
        (model._meta.label, action)
        for model, model_admin in admin.site._registry.items()
        for action in model_admin.get_actions(request)
    }

    assert found == ACTIONS.keys()


def test_every_command_has_a_row_and_every_row_a_command(table_cell: Callable[..., None]) -> None:
    found = {name for name, app in get_commands().items() if str(app).startswith("onboarding_portal.")}
    for name in COMMANDS:
        for group in StaffGroup:
            table_cell("Groups", row=f"manage.py {name}", column=group.name.capitalize(), says="no")

    assert found == COMMANDS


# A world in which there is one of everything


@dataclass(frozen=True)
class World:
    owner: User
    values: dict[str, str]  # of parameters
    object_ids: dict[str, object]  # by the admin's name for a model

    def path(self, address: Address) -> str:
        name = address.name.removeprefix("admin:")
        models = [model for model in self.object_ids if name.startswith(f"{model}_")]
        object_id = self.object_ids[max(models, key=len)] if models else 1
        return address.path(**self.values, object_id=str(object_id))


@pytest.fixture
def world(ev_energy_api: EvEnergyApi) -> World:
    now = timezone.now()
    owner, colleague, trim = make_owner(), make_staff(), make_trim()
    reconnect, token = make_emailed(
        vehicle=make_broken_car(owner=owner), lasting_until=now + timedelta(days=1)
    )
    ready = make_reconnect(State.LINK_READY, link_made_at=now, expires_at=now + timedelta(hours=1))
    batch, attempt = Batch.objects.create(kind=BatchKind.LINKS), make_attempt(owner=owner)
    invitation, invitation_token = Invitation.objects.invite(
        email="new@example.com", invited_by=None, now=now
    )
    file_of_invitations = InvitationImport.objects.create(file_name="owners.csv", confirmed_at=now)
    guess = AccessAttempt.objects.create(username="a", ip_address="192.0.2.1", failures_since_start=1)
    erasure = Erasure.objects.create(by_kind="STAFF")
    lease = {"lease_id": attempt.pk, "lease_expires_at": now}
    UnstableVehicle.objects.create(vehicle=reconnect.vehicle, repairs=3, flagged_at=now)
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id)
    ev_energy_api.add_users()  # staff who start a journey are owners, too
    ev_energy_api.add_created_user()
    count_insights()
    hand_over, hand_over_token = make_hand_over(owner=owner)
    helper, helper_token = make_helper_link(reconnect.vehicle)
    endpoint, event = an_endpoint(), an_event(distributed_at=now)
    Delivery.objects.write([event], [endpoint], now=now)
    Delivery.objects.update(state=DeliveryState.DELIVERED)
    return World(
        owner=owner,
        values={
            "helper_id": str(helper.pk),
            "helper_token": helper_token,
            "make_id": trim.model.make_id,
            "model_id": trim.model_id,
            "trim_id": trim.pk,
            "vehicle_id": reconnect.vehicle_id,
            "attempt_id": str(attempt.pk),
            "token": token,
            "invitation_token": invitation_token,
            "hand_over_token": hand_over_token,
            "hand_over_id": str(hand_over.pk),
            "unsubscribe_token": unsubscribe_url(owner=owner).split("/")[-3],
            "batch_id": str(batch.pk),
            "import_id": str(file_of_invitations.pk),
            "reconnect_id": str(ready.pk),
            "id": str(owner.pk),
            "user_id": str(owner.pk),
            "erasure_id": str(erasure.pk),
            "pk": str(colleague.pk),
        },
        object_ids={
            "api_apikey": hand_over.key_id,
            "api_handover": hand_over.pk,
            "events_endpoint": endpoint.pk,
            "events_event": event.pk,
            "events_delivery": Delivery.objects.get().pk,
            "auth_group": Group.objects.create(name="Support").pk,
            "accounts_user": owner.pk,
            "accounts_colleague": colleague.pk,
            "accounts_invitation": invitation.pk,
            "accounts_invitationimport": file_of_invitations.pk,
            "accounts_auditentry": record(act=Act.CHANGED, actor=POLICY, about=about(owner)).pk,
            "accounts_erasure": erasure.pk,
            "axes_accessattempt": guess.pk,
            "catalogue_helptext": HelpText.objects.create(topic="FAMILY", text="Ask them.").pk,
            "catalogue_make": trim.model.make_id,
            "catalogue_model": trim.model_id,
            "catalogue_trim": trim.pk,
            "vehicles_syncrun": SyncRun.objects.create(started_at=now, progressed_at=now, **lease).pk,
            "vehicles_vehicle": reconnect.vehicle_id,
            "vehicles_byhand": handle_by_hand(ready.vehicle).pk,
            "accounts_sentmail": SentMail.objects.create(kind=MailKind.CODE, at=now, is_accepted=True).pk,
            "vehicles_makeoutage": MakeOutage.objects.mark(make_id=trim.model.make_id, now=now).pk,
            "onboarding_attempt": attempt.pk,
            "reconnects_batch": batch.pk,
            "reconnects_reconnect": reconnect.pk,
            "reconnects_unstablevehicle": reconnect.vehicle_id,
            "reconnects_policyversion": PolicyVersion.objects.create(why="To begin with").pk,
            "reconnects_makesurvival": MakeSurvival.objects.create(
                make=trim.model.make, life_count=0, ended_count=0
            ).pk,
            "django_tasks_database_dbtaskresult": make_task().pk,
            "operations_regularjob": RegularJob.objects.create(name="purge", next_at=now).pk,
            "operations_process": Process.objects.create(
                id="0" * 32, kind="web", started_at=now, seen_at=now
            ).pk,
            "operations_alarm": Alarm.objects.create(name="PortalQueueLate", began_at=now, seen_at=now).pk,
        },
    )


def make_task() -> DBTaskResult:
    return DBTaskResult.objects.create(
        status=TaskResultStatus.SUCCESSFUL,
        finished_at=timezone.now(),
        args_kwargs={"args": [], "kwargs": {}},
        task_path="onboarding_portal.onboarding.tasks.read_back",
        backend_name="default",
        queue_name="default",
        run_after=timezone.now(),
        exception_class_path="",
        traceback="",
    )


def signed_in(user: User, backend: str = PASSWORD_BACKEND) -> Client:
    client = Client()
    client.force_login(user, backend=backend)
    return client


def staff_with(permissions: Iterable[str]) -> Client:
    staff = make_staff()
    wanted = set(permissions)
    staff.user_permissions.set([each for each in Permission.objects.all() if name_of(each) in wanted])
    return signed_in(staff)


def member_of(group: StaffGroup) -> User:
    member = make_staff()
    member.groups.add(Group.objects.get(ready_made__key=group))
    return member


def name_of(permission: Permission) -> str:
    return f"{permission.content_type.app_label}.{permission.codename}"


def request_of(user: User) -> HttpRequest:
    request = RequestFactory().get("/")
    request.user = user
    return request


def outcome(response: HttpResponse) -> int | str:
    location = response.headers.get("Location", "")
    if location.startswith("/accounts/login/"):
        return LOGIN
    return ADMIN_LOGIN if location.startswith("/admin/login/") else response.status_code


def ask(client: Client, method: str, path: str) -> int | str:
    """What the visitor gets. Nothing of it stays, so one world does for many addresses."""
    cache.clear()  # limits on lasting links count visitors
    with nothing_stays(client):
        return outcome(getattr(client, method)(path))


# Owners' pages


def rows_of(name: str) -> list[Row]:
    found = PAGES[name]
    return found if isinstance(found, list) else [found]


@pytest.mark.parametrize("addresses", parts_of(OWNERS_ADDRESSES), ids=range(PARTS))
def test_each_visitor_gets_what_the_table_says(world: World, addresses: Sequence[Address]) -> None:
    found, expected = {}, {}
    other, staff = signed_in(make_owner(), CODE_BACKEND), staff_with([])
    owner, token = signed_in(world.owner, CODE_BACKEND), world.values["token"]
    for address in addresses:
        world.values["token"] = world.values.get(f"{address.name.rpartition(':')[2]}_token", token)
        path = world.path(address)
        for row in rows_of(address.name):
            expected[row.method, address.route] = row
            found[row.method, address.route] = Row(
                anonymous=ask(Client(), row.method, path),
                other_owner=ask(other, row.method, path),
                staff=ask(staff, row.method, path),
                owner=ask(owner, row.method, path),
                method=row.method,
            )

    assert found == expected


# The admin


@pytest.mark.parametrize("addresses", parts_of(STAFFS_ADDRESSES), ids=range(PARTS))
def test_the_admin_lets_in_staff_alone(world: World, addresses: Sequence[Address]) -> None:
    found, expected = {}, {}
    for address in addresses:
        method, path = ADMIN[address.name].method, world.path(address)
        expected[address.route] = [OPEN.get(address.name, ADMIN_LOGIN)] * 2
        found[address.route] = [
            ask(client, method, path) for client in (Client(), signed_in(world.owner, CODE_BACKEND))
        ]

    assert found == expected


@pytest.mark.parametrize("addresses", parts_of(STAFFS_ADDRESSES), ids=range(PARTS))
def test_an_admin_page_is_opened_by_its_permissions(world: World, addresses: Sequence[Address]) -> None:
    found, expected = {}, {}
    for address in addresses:
        rule, path = ADMIN[address.name], world.path(address)
        for permissions in [set()] if rule.for_all_staff else rule.opens:
            case = address.route, frozenset(permissions)
            expected[case] = rule.status
            with nothing_stays():
                found[case] = ask(staff_with(permissions), rule.method, path)

    assert found == expected


@pytest.mark.parametrize("addresses", parts_of(STAFFS_ADDRESSES), ids=range(PARTS))
def test_an_admin_page_is_closed_to_staff_with_all_other_permissions(
    world: World, addresses: Sequence[Address]
) -> None:
    found = {}
    somebody, nobody = make_staff(), staff_with([])
    somebody.user_permissions.set(Permission.objects.all())
    named = {name_of(each): each for each in Permission.objects.select_related("content_type")}
    for address in addresses:
        rule, path = ADMIN[address.name], world.path(address)
        if rule.for_all_staff:
            continue
        found[address.route, "none"] = ask(nobody, rule.method, path)
        for missing in product(*rule.opens):  # one permission out of each set is enough to close it
            with nothing_stays():
                somebody.user_permissions.remove(*(named[name] for name in missing))
                found[address.route, missing] = ask(signed_in(somebody), rule.method, path)

    assert {case: status for case, status in found.items() if status != 403} == {}


@pytest.mark.parametrize("group", StaffGroup)
def test_each_group_opens_what_its_rights_say(
    world: World, group: StaffGroup, table_cell: Callable[..., None]
) -> None:
    member, found, expected = member_of(group), {}, {}
    for address in STAFFS_ADDRESSES:
        rule = ADMIN[address.name]
        may = rule.for_all_staff or any(needed <= rights_of(group) for needed in rule.opens)
        expected[address.name] = rule.status if may else 403
        row, column = address.name.removeprefix("admin:"), group.name.capitalize()
        table_cell("Groups", row=row, column=column, says="opens" if may else "no")
        now = User.objects.get(pk=member.pk)  # one of the pages signs them out everywhere
        found[address.name] = ask(signed_in(now), rule.method, world.path(address))

    assert found == expected


@pytest.mark.parametrize(("label", "action"), ACTIONS)
def test_each_group_has_the_actions_its_rights_say(
    label: str, action: str, table_cell: Callable[..., None]
) -> None:
    model = apps.get_model(label)
    needed = {f"{model._meta.app_label}.view_{model._meta.model_name}", ACTIONS[label, action]}
    found, expected = {}, {}
    for group in StaffGroup:
        expected[group] = needed <= rights_of(group)
        says = "acts" if expected[group] else "no"
        table_cell("Groups", row=f"{label}: {action}", column=group.name.capitalize(), says=says)
        found[group] = action in admin.site._registry[model].get_actions(request_of(member_of(group)))

    assert found == expected


@pytest.mark.parametrize(("label", "action"), ACTIONS)
def test_an_admin_action_is_there_for_staff_with_its_permission_and_no_others(
    label: str, action: str
) -> None:
    model = apps.get_model(label)
    look = f"{model._meta.app_label}.view_{model._meta.model_name}"
    every = {name_of(each) for each in Permission.objects.select_related("content_type")}
    needed = ACTIONS[label, action]

    def is_there(permissions: set[str]) -> bool:
        client = staff_with(permissions)
        request = request_of(User.objects.get(pk=client.session["_auth_user_id"]))
        return action in admin.site._registry[model].get_actions(request)

    assert is_there({look, needed}) == (needed != NO_PERMISSION)
    assert not is_there(every - {needed})


@pytest.mark.parametrize(("label", "action"), ACTIONS)
def test_an_admin_action_sent_without_its_permission_changes_nothing(
    world: World, label: str, action: str
) -> None:
    model = apps.get_model(label)
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    client = staff_with({f"{model._meta.app_label}.view_{model._meta.model_name}"})
    before = list(model._default_manager.order_by("pk").values())

    client.post(
        reverse(f"admin:{name}_changelist"),
        {"action": action, "_selected_action": [world.object_ids[name]], "post": "yes"},
    )

    assert list(model._default_manager.order_by("pk").values()) == before
