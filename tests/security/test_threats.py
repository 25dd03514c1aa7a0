"""The threat model's table: every form, what sending it again and again makes the portal spend, and what bounds it.

Each line is sent as often as it says, by whoever would, and what was spent is counted. docs/security.md has the
words. An address that takes a form and is in no line fails here.
"""

import json
import re
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from axes.models import AccessAttempt
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks

from onboarding_portal.accounts.admin.invitations import MOST_AT_ONCE
from onboarding_portal.accounts.colleagues import mailed_link
from onboarding_portal.accounts.models import Invitation, InvitationImport, User
from onboarding_portal.accounts.two_factor import app_codes
from onboarding_portal.reconnects.mailed.unsubscribe import unsubscribe_url
from onboarding_portal.reconnects.models import Batch, BatchKind, State, UnstableVehicle
from onboarding_portal.reconnects.policy.run import run as run_policy
from onboarding_portal.vehicles.models import ByHand, MakeOutage, Vehicle
from tests.accounts.hashes import count_hashes
from tests.accounts.journey import CODE, ask_for_code
from tests.accounts.soft_key import SoftKey
from tests.api.events.rows import an_endpoint, an_event
from tests.api.rows import SITE, ApiClient, make_hand_over, make_key
from tests.ev_energy_answers import an_id, home_json, user_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_make, make_owner, make_staff, make_vehicle
from tests.reconnects.policy.office import RULES, begin, make_due_cars
from tests.reconnects.rows import make_broken_car, make_helper_link, make_reconnect
from tests.security.spending import NAMES, Spent, spent
from tests.test_owners_presses import FORMS
from tests.urlconf import PARTS, SAMPLES, Address, addresses, nothing_stays, parts_of

pytestmark = pytest.mark.django_db

TIMES = 12  # more than any bound that is not sent to more often
MANY = 50  # rows ticked in a list
Send = Callable[[int], Any]  # the number of the request; gives the answer
ADMIN_LOGIN = "/admin/login/"
PASSWORD = {"password1": "another-good-one", "password2": "another-good-one", "usable_password": "true"}


@dataclass(frozen=True, kw_only=True)
class Line:
    """`addresses` are the names of the forms it is about; `most` is what `times` of them may cost."""

    name: str
    addresses: tuple[str, ...]
    prepare: Callable[[], Send]
    most: Spent
    bound: str
    times: int = TIMES


def from_network(number: int) -> Client:
    return Client(REMOTE_ADDR=f"2001:db8:{number:x}::1")


def superuser() -> Client:
    client = Client()
    client.force_login(make_staff(is_superuser=True))
    return client


def page(name: str, *args: object) -> str:
    return reverse(f"admin:{name}", args=args)


def as_staff(name: str, /, *args: object, **fields: Any) -> Send:
    client = superuser()
    return lambda number: client.post(page(name, *args), fields)


def on_a_list(model: str, action: str, keys: list[Any], /, **fields: Any) -> Send:
    chosen = {"action": action, "_selected_action": keys, **fields}
    return as_staff(f"{model}_changelist", **chosen)


# Anybody


def asking_for_codes_for_one_address() -> Send:
    return lambda number: ask_for_code(Client(), "ann@example.com")


def asking_for_codes_for_many_addresses() -> Send:
    return lambda number: ask_for_code(Client(), f"owner{number}@example.com")


def asking_for_codes_from_many_networks() -> Send:
    return lambda number: ask_for_code(from_network(number), "ann@example.com")


def entering_wrong_codes() -> Send:
    client = Client()
    ask_for_code(client, "ann@example.com")
    return lambda number: client.post(CODE, {"code": "BBBBBB"})


def entering_codes_nobody_asked_for() -> Send:
    return lambda number: Client().post(CODE, {"code": "BBBBBB"})


def having_the_code_sent_again() -> Send:
    client = Client()
    ask_for_code(client, "ann@example.com")
    return lambda number: client.post(CODE, {"action": "resend"})


def wearing_codes_out_and_having_new_ones() -> Send:
    client = Client()
    ask_for_code(client, "ann@example.com")
    return lambda number: client.post(CODE, {"code": "BBBBBB"} if number % 4 < 3 else {"action": "resend"})


def signing_out() -> Send:
    client = Client()
    return lambda number: client.post("/accounts/logout/")


def choosing_a_language() -> Send:
    client = Client()
    client.force_login(make_owner())
    return lambda number: client.post("/language/", {"language": "de"})


def opening_a_link_of_a_session() -> Send:
    _row, token = make_hand_over()
    client = Client()
    return lambda number: client.post(f"/hand-over/{token}/")


def guessing_links_of_sessions() -> Send:
    return lambda number: Client().post(f"/hand-over/{uuid.uuid4()}/")


def leaving_a_journey() -> Send:
    _row, token = make_hand_over()
    client = Client()
    client.post(f"/hand-over/{token}/")
    return lambda number: client.post("/hand-over/leave/")


def handing_owners_over() -> Send:
    api = ApiClient(make_key()[1])
    session = {"journey": "connect", "return_url": f"{SITE}/"}
    return lambda number: api.post("/sessions", {**session, "email": f"new{number}@example.com"})


def asking_for_reconnects_of_one_car() -> Send:
    api, car = ApiClient(make_key()[1]), make_broken_car()
    return lambda number: api.post("/reconnects", {"vehicle_id": car.pk, "deliver": "link"})


def making_keys_for_systems() -> Send:
    return as_staff("api_apikey_add", name="CRM", scopes=["vehicles:read"])


def using_an_invitation() -> Send:
    _, token = Invitation.objects.invite(email="new@example.com", invited_by=None, now=timezone.now())
    return lambda number: Client().post(f"/invite/{token}/")


def signing_in_by_an_invitation() -> Send:
    _, token = Invitation.objects.invite(email="new@example.com", invited_by=None, now=timezone.now())

    def send(number: int) -> Any:
        with override_settings(INVITATION_PROVES_MAILBOX=True):
            Client().get(f"/invite/{token}/")
            return Client().post(f"/invite/{token}/")

    return send


def guessing_invitations() -> Send:
    return lambda number: Client().post(f"/invite/{uuid.uuid4()}/")


def guessing_lasting_links() -> Send:
    return lambda number: Client().post(f"/reconnect/{uuid.uuid4()}/")


def stopping_reminders() -> Send:
    address = unsubscribe_url(owner=make_owner())
    return lambda number: Client().post(address)


def guessing_links_that_stop_reminders() -> Send:
    return lambda number: Client().post(f"/reminders/{number}:{uuid.uuid4()}/stop/")


def coming_back_without_having_left() -> Send:
    return lambda number: Client().get(reverse("reconnects:return"), {"vehicle_uid": SAMPLES["vehicle_id"]})


# Owners


def naming_a_car() -> Send:
    owner, client = make_owner(), Client()
    address = reverse("vehicles:name", args=[make_broken_car(owner=owner).pk])
    client.force_login(owner)
    return lambda number: client.post(address, {"nickname": f"Car {number}"})


def saying_where_home_is() -> Send:
    owner, client = make_owner(ev_energy_user_id=an_id("user")), Client()
    address = reverse("readiness:address", args=[make_vehicle(owner=owner).pk])
    client.force_login(owner)
    home = {"country_code": "DE", "address_1": "Dorfstr. 1", "city": "Bern", "postal_code": "10115"}
    return lambda number: client.post(address, home)


def changing_ones_account() -> Send:
    client = Client()
    client.force_login(make_owner())
    return lambda number: client.post(reverse("account"), {"name": f"Ann {number}"})


def switching_reminders() -> Send:
    client = Client()
    client.force_login(make_owner())
    wanted = ("off", "on")
    return lambda number: client.post(reverse("account_reminders"), {"reminders": wanted[number % 2]})


def signing_devices_out() -> Send:
    client = Client()
    client.force_login(make_owner())
    return lambda number: client.post(reverse("account_devices"))


def asking_for_other_addresses() -> Send:
    client = Client()
    client.force_login(make_owner())
    return lambda number: client.post(reverse("account_address"), {"email": f"other{number}@example.com"})


def guessing_the_codes_for_another_address() -> Send:
    client = Client()
    client.force_login(make_owner())
    client.post(reverse("account_address"), {"email": "other@example.com"})
    wrong = {"old_code": "BBBBBB", "new_code": "BBBBBB"}
    return lambda number: client.post(reverse("account_address_codes"), wrong)


def asking_helpers() -> Send:
    client, car = Client(), make_broken_car()
    client.force_login(car.owner)
    address = reverse("reconnects:ask_helper", args=[car.pk])
    return lambda number: client.post(address, {"email": f"helper{number}@example.com"})


def ending_a_helpers_link() -> Send:
    client, car = Client(), make_broken_car()
    client.force_login(car.owner)
    link, _token = make_helper_link(car)
    return lambda number: client.post(reverse("reconnects:end_helper", args=[car.pk, link.pk]))


def asking_for_codes_for_own_data() -> Send:
    client = Client()
    client.force_login(make_owner())
    return lambda number: client.post(reverse("your_data"))


def guessing_the_code_for_own_data() -> Send:
    client = Client()
    client.force_login(make_owner())
    client.post(reverse("your_data"))
    return lambda number: client.post(reverse("your_data_code"), {"code": "BBBBBB"})


def erasing_oneself() -> Send:
    client = Client()
    client.force_login(make_owner())
    session = client.session
    session["fresh_code_entered_at"] = time.time()
    session.save()
    return lambda number: client.post(reverse("your_data_erase"), {"where": "everywhere"})


def erasing_an_owner() -> Send:
    return as_staff("accounts_user_erase", make_owner().pk, where="everywhere")


# Who tries passwords


def trying_one_password_on_many_names() -> Send:
    tried = {"password": "Spring2026!!"}
    return lambda number: Client().post(ADMIN_LOGIN, {"username": f"staff{number}@example.com", **tried})


def trying_one_name_from_many_networks() -> Send:
    make_staff(email="sam@example.com")
    tried = {"username": "sam@example.com", "password": "wrong"}
    return lambda number: from_network(number).post(ADMIN_LOGIN, tried)


def trying_one_name_from_one_network() -> Send:
    make_staff(email="sam@example.com")
    tried = {"username": "sam@example.com", "password": "wrong"}
    return lambda number: Client(HTTP_USER_AGENT=f"Browser {number}").post(ADMIN_LOGIN, tried)


def signing_in_again_and_again() -> Send:
    make_staff(email="sam@example.com")
    client, right = Client(), {"username": "sam@example.com", "password": "staff-password"}
    return lambda number: client.post(ADMIN_LOGIN, right)


def guessing_the_old_password() -> Send:
    new = {"new_password1": "another-good-one", "new_password2": "another-good-one"}
    return as_staff("password_change", old_password="wrong", **new)


def trying_codes_of_an_app() -> Send:
    staff = make_staff(email="sam@example.com")
    app_codes.add(user=staff, secret=app_codes.new_secret(), step=0, now=timezone.now())
    client, right = Client(), {"username": "sam@example.com", "password": "staff-password"}
    client.post(ADMIN_LOGIN, right)
    return lambda number: client.post(page("second_factor"), {"code": f"{number:06d}"})


def adding_an_app_with_wrong_codes() -> Send:
    return as_staff("two_factor_app", code="000000")


def adding_passkeys() -> Send:
    client = superuser()

    def send(number: int) -> Any:
        options = json.loads(client.get(page("two_factor_passkey")).context["options"])
        form = {"name": f"Key {number}", "passkey": SoftKey().register(options)}
        return client.post(page("two_factor_passkey"), form)

    return send


def making_recovery_codes() -> Send:
    staff, client = make_staff(), Client()
    app_codes.add(user=staff, secret=app_codes.new_secret(), step=0, now=timezone.now())
    client.force_login(staff)
    return lambda number: client.post(page("two_factor_codes"))


def removing_a_second_factor() -> Send:
    staff, client = make_staff(), Client()
    row = app_codes.add(user=staff, secret=app_codes.new_secret(), step=0, now=timezone.now())
    client.force_login(staff)
    return lambda number: client.post(page("two_factor_remove", row.pk))


def asking_for_a_password_for_one_address() -> Send:
    make_staff(email="sam@example.com")
    return lambda number: Client().post(page("forgotten_password"), {"email": "sam@example.com"})


def asking_for_a_password_from_many_networks() -> Send:
    asked = page("forgotten_password")
    return lambda number: from_network(number).post(asked, {"email": "nobody@example.com"})


def setting_a_password_too_short() -> Send:
    link = mailed_link.make(user=make_staff(), purpose=mailed_link.Purpose.FORGOTTEN)
    return lambda number: Client().post(urlsplit(link).path, {"new_password1": "x", "new_password2": "x"})


def setting_a_password_by_one_link() -> Send:
    link = mailed_link.make(user=make_staff(), purpose=mailed_link.Purpose.FORGOTTEN)
    new = {"new_password1": "another-good-one", "new_password2": "another-good-one"}
    return lambda number: Client().post(urlsplit(link).path, new)


def inviting_colleagues() -> Send:
    client, group = superuser(), Group.objects.get(ready_made__key="agent")
    invited = page("accounts_colleague_add")
    return lambda number: client.post(invited, {"email": f"new{number}@example.com", "group": group.pk})


def inviting_one_colleague_again() -> Send:
    group = Group.objects.get(ready_made__key="agent")
    return as_staff("accounts_colleague_add", email="new@example.com", group=group.pk)


def mailing_links_to_a_colleague() -> Send:
    return as_staff("accounts_colleague_link", make_staff().pk)


def ending_a_colleagues_sessions() -> Send:
    return as_staff("accounts_colleague_sessions", make_staff().pk)


def resetting_a_second_factor() -> Send:
    staff = make_staff()
    app_codes.add(user=staff, secret=app_codes.new_secret(), step=0, now=timezone.now())
    return as_staff("accounts_colleague_second_factor", staff.pk, why="lost")


def ending_a_colleagues_access() -> Send:
    return as_staff("accounts_colleague_left", make_staff().pk, why="left")


def ending_my_sessions() -> Send:
    return as_staff("end_my_sessions")


def ending_a_session_that_is_none() -> Send:
    return as_staff("my_sessions", session="x")


def leaving_for_the_single_sign_on() -> Send:
    return lambda number: Client().post(page("single_sign_on"))


def signing_in_once_more() -> Send:
    return as_staff("two_factor_again")


def signing_staff_out() -> Send:
    client = Client()
    return lambda number: client.post("/admin/logout/")


# Staff with rights


def setting_passwords() -> Send:
    return as_staff("auth_user_password_change", make_staff().pk, **PASSWORD)


def adding_users() -> Send:
    client = superuser()
    return lambda number: client.post(page("accounts_user_add"), {"email": f"new{number}@example.com"})


def changing_addresses() -> Send:
    client, owner = superuser(), make_owner(ev_energy_user_id=None)
    address = page("accounts_user_change", owner.pk)
    return lambda number: client.post(address, {"email": f"moved{number}@example.com", "is_active": "on"})


def typing_ids_of_ev_energy() -> Send:
    client, owner = superuser(), make_owner(ev_energy_user_id=None)
    typed = {"email": owner.email, "is_active": "on", "ev_energy_user_id": "user01J443798BF893ZHFQVCS0FA23"}
    return lambda number: client.post(page("accounts_user_change", owner.pk), typed)


def deleting_users() -> Send:
    client, owners = superuser(), [make_owner() for _ in range(TIMES)]
    return lambda number: client.post(page("accounts_user_delete", owners[number].pk), {"post": "yes"})


def signing_many_out() -> Send:
    return on_a_list("accounts_user", "sign_out_everywhere", [make_owner().pk for _ in range(MANY)])


def searching_users() -> Send:
    client = superuser()
    return lambda number: client.get(page("accounts_user_changelist"), {"q": "ann" * 200})


def sending_hooks_without_a_signature() -> Send:
    return lambda number: Client().post("/hooks/ev-energy", {}, content_type="application/json")


def making_endpoints() -> Send:
    return as_staff("events_endpoint_add", name="CRM", url="https://93.184.215.14/", is_on="on")


def trying_an_endpoint() -> Send:
    return as_staff("events_endpoint_test", an_endpoint().pk)


def renewing_a_secret() -> Send:
    return as_staff("events_endpoint_new_secret", an_endpoint().pk)


def sending_events_again() -> Send:
    endpoint, _event = an_endpoint(), an_event()
    return as_staff("events_endpoint_again", endpoint.pk, since="2020-01-01 00:00", until="2100-01-01 00:00")


def changing_groups() -> Send:
    return as_staff("auth_group_add", name="New")


def inviting() -> Send:
    client = superuser()
    invited = page("accounts_invitation_add")
    return lambda number: client.post(invited, {"email": f"owner{number}@example.com"})


def sending_in_files() -> Send:
    client, address = superuser(), page("accounts_invitationimport_add")
    content = b"email\na@example.com\nb@example.com\n"
    return lambda number: client.post(address, {"file": SimpleUploadedFile("owners.csv", content)})


def confirming_a_file() -> Send:
    client, address = superuser(), page("accounts_invitationimport_add")
    client.post(address, {"file": SimpleUploadedFile("owners.csv", b"email\na@example.com\nb@example.com\n")})
    confirm = page("accounts_invitationimport_confirm", InvitationImport.objects.get().pk)
    return lambda number: client.post(confirm)


def inviting_the_same_again() -> Send:
    return as_staff("accounts_invitation_add", email="ann@example.com")


def make_invitations(count: int) -> list[int]:
    invite = Invitation.objects.invite
    return [
        invite(email=f"owner{number}@example.com", invited_by=None, now=timezone.now())[0].pk
        for number in range(count)
    ]


def sending_many_invitations_again() -> Send:
    return on_a_list("accounts_invitation", "send_again", make_invitations(MOST_AT_ONCE))


def sending_too_many_invitations_again() -> Send:
    return on_a_list("accounts_invitation", "send_again", make_invitations(MOST_AT_ONCE + 1))


def choosing_a_time_zone() -> Send:
    return as_staff("vehicles_time_zone", zone="Europe/London")


def make_cars(count: int) -> list[Vehicle]:
    return [make_broken_car() for _ in range(count)]


def reading_many_cars_again() -> Send:
    keys = [car.pk for car in make_cars(MANY)]
    return on_a_list("vehicles_vehicle", "refresh_from_ev_energy", keys, confirmed="yes")


def writing_notes() -> Send:
    """The same note over and over, as by a double click, is one; so each says something else."""
    client, owner = superuser(), make_owner()
    return lambda number: client.post(page("accounts_user_note", owner.pk), {"text": f"Rang {number} times."})


def writing_one_note_again() -> Send:
    return as_staff("accounts_user_note", make_owner().pk, text="Rang.")


def taking_over_by_hand_and_giving_back() -> Send:
    client, owner = superuser(), make_owner()
    me = client.session["_auth_user_id"]

    def send(number: int) -> Any:
        row = ByHand.objects.in_force().values_list("pk", flat=True).first() or 0
        fields = {"colleague": me, "reason": "Rang.", "row": row}
        return client.post(page(f"accounts_user_{'end_' * bool(row)}by_hand", owner.pk), fields)

    return send


def pausing_and_resuming_mail() -> Send:
    client, owner = superuser(), make_owner()

    def send(number: int) -> Any:
        name = "resume" if number % 2 else "pause"
        return client.post(page(f"accounts_user_{name}_mail", owner.pk), {"reason": "In hospital."})

    return send


def signing_an_owner_out() -> Send:
    return as_staff("accounts_user_sign_out", make_owner().pk)


def mailing_a_link_to_sign_in() -> Send:
    return as_staff("accounts_user_send_link", make_owner().pk)


def changing_an_owners_address() -> Send:
    """Each with another address; from an old tab nothing is changed."""
    client, owner = superuser(), make_owner(email="owner0@example.com", ev_energy_user_id=None)

    def send(number: int) -> Any:
        fields = {"seen": User.objects.get(pk=owner.pk).email, "email": f"owner{number + 1}@example.com"}
        return client.post(page("accounts_user_change_address", owner.pk), fields)

    return send


def merging_two_accounts() -> Send:
    return as_staff("accounts_user_merge", make_owner().pk, email=make_owner().email)


def handing_a_car_over() -> Send:
    car = make_broken_car()
    return as_staff("vehicles_vehicle_hand_over", car.pk, email=make_owner().email, seen=car.owner_id)


def asking_for_many_reconnects() -> Send:
    """The confirmation is sent again and again, as by a double click or from an old tab."""
    keys = [car.pk for car in make_cars(MANY)]
    confirmed = {"token": str(uuid.uuid4()), "at_most": MANY}
    return on_a_list("vehicles_vehicle", "email_reconnect_links", keys, **confirmed)


def acting_on_reconnects() -> Send:
    keys = [make_reconnect(State.LINK_READY).pk for _ in range(MANY)]
    return on_a_list("reconnects_reconnect", "cancel_reconnects", keys, confirmed="yes")


def cancelling_a_batch() -> Send:
    batch = Batch.objects.create(kind=BatchKind.LINKS)
    for _ in range(10):
        make_reconnect(State.QUEUED, batch=batch)
    return as_staff("reconnects_batch_cancel", batch.pk)


def retrying_a_batch() -> Send:
    batch = Batch.objects.create(kind=BatchKind.LINKS)
    for _ in range(10):
        make_reconnect(State.FAILED, batch=batch)
    return as_staff("reconnects_batch_retry", batch.pk)


def mailing_a_batch_again() -> Send:
    batch = Batch.objects.create(kind=BatchKind.EMAILS)
    for _ in range(10):
        make_reconnect(State.EMAILED, batch=batch, emailed_at=timezone.now() - timedelta(days=2))
    return as_staff("reconnects_batch_again", batch.pk, token=str(uuid.uuid4()), at_most=10, in_vain=0)


def downloading_a_batch() -> Send:
    client, batch = superuser(), Batch.objects.create(kind=BatchKind.LINKS)
    return lambda number: b"".join(client.get(page("reconnects_batch_csv", batch.pk)).streaming_content)


def downloading_a_list() -> Send:
    client = superuser()
    make_broken_car()
    return lambda number: b"".join(client.get(page("vehicles_vehicle_list_csv")).streaming_content)


def writing_rules() -> Send:
    return as_staff("reconnects_policyversion_add", **RULES, _save="yes")


def stopping_the_policy() -> Send:
    make_due_cars(10, stale_since=timezone.now() - timedelta(days=2))
    begin(now=timezone.now(), from_hour=0, until_hour=24)
    run_policy(now=timezone.now())
    return as_staff("reconnects_policyversion_switch", to="off")


def drawing_codes_to_scan() -> Send:
    now = timezone.now()
    ready = make_reconnect(State.LINK_READY, link_made_at=now, expires_at=now + timedelta(hours=1))
    client = superuser()
    return lambda number: client.get(page("reconnects_reconnect_qr", ready.pk))


def marking_makes() -> Send:
    return as_staff("vehicles_makeoutage_add", make=make_make().pk)


def lifting_marks() -> Send:
    mark = MakeOutage.objects.mark(make_id=make_make().pk, now=timezone.now())
    return on_a_list("vehicles_makeoutage", "lift", [mark.pk])


def clearing_flags() -> Send:
    car = make_broken_car()
    UnstableVehicle.objects.create(vehicle=car, repairs=3, flagged_at=timezone.now())
    return on_a_list("reconnects_unstablevehicle", "clear_flag", [car.pk])


def unlocking_sign_ins() -> Send:
    for _ in range(5):
        Client().post(ADMIN_LOGIN, {"username": "sam@example.com", "password": "wrong"})
    keys = list(AccessAttempt.objects.values_list("pk", flat=True))
    return on_a_list("axes_accessattempt", "delete_selected", keys, post="yes")


SIGN_IN = ("account_login", "account_request_login_code")
STAFF = "a right, one log entry each"
LINES = [
    Line(
        name="POST /account/",
        addresses=("account",),
        prepare=changing_ones_account,
        most=Spent(rows=60),
        bound="30 an hour, with all that is changed there; an audit entry each",
        times=35,
    ),
    Line(
        name="POST /account/reminders/",
        addresses=("account_reminders",),
        prepare=switching_reminders,
        most=Spent(rows=60),
        bound="30 an hour, with all that is changed there; an audit entry each",
        times=35,
    ),
    Line(
        name="POST /account/devices/",
        addresses=("account_devices",),
        prepare=signing_devices_out,
        most=Spent(),  # an audit entry, and two rows of the session go
        bound="whoever sends it is signed out",
    ),
    Line(
        name="POST /account/address/",
        addresses=("account_address",),
        prepare=asking_for_other_addresses,
        most=Spent(mails=10, rows=10),
        bound="5 an hour, each counted with the codes to sign in",
    ),
    Line(
        name="POST /account/address/codes/, wrong codes",
        addresses=("account_address_codes",),
        prepare=guessing_the_codes_for_another_address,
        most=Spent(),
        bound="3 tries for both",
    ),
    Line(
        name="POST /hand-over/<token>/",
        addresses=("hand_over",),
        prepare=opening_a_link_of_a_session,
        most=Spent(rows=1),
        bound="once for each link, and a browser's session with it",
    ),
    Line(
        name="POST /hand-over/<token>/, made up",
        addresses=("hand_over",),
        prepare=guessing_links_of_sessions,
        most=Spent(),
        bound="256 random bits",
    ),
    Line(
        name="POST /hand-over/leave/",
        addresses=("hand_over_leave",),
        prepare=leaving_a_journey,
        most=Spent(),
        bound="it ends a browser's session",
    ),
    Line(
        name="POST /api/v1/sessions",
        addresses=("api:make_session",),
        prepare=handing_owners_over,
        # The owner, the hand-over, an entry of the audit log and whom it is about.
        most=Spent(rows=4 * TIMES),
        bound="a key with the scope; 600 requests a minute",
    ),
    Line(
        name="POST /api/v1/reconnects, one car",
        addresses=("api:ask_for_reconnect",),
        prepare=asking_for_reconnects_of_one_car,
        # The reconnect and its history, its link, an entry of the audit log and whom it is about.
        most=Spent(rows=5),
        bound="one open reconnect a car; 600 requests a minute",
    ),
    Line(
        name="staff make a key for a system",
        addresses=("admin:api_apikey_add",),
        prepare=making_keys_for_systems,
        most=Spent(rows=3),  # the key, an entry of the audit log and of Django's history
        bound="a right; one key of a name",
    ),
    Line(
        name="POST /vehicles/<id>/helper/",
        addresses=("reconnects:ask_helper",),
        prepare=asking_helpers,
        most=Spent(mails=3, rows=12),
        bound="5 a day, 3 that work for a car; a link, an e-mail's row and an audit entry each",
    ),
    Line(
        name="POST /vehicles/<id>/helper/<number>/end/",
        addresses=("reconnects:end_helper",),
        prepare=ending_a_helpers_link,
        most=Spent(rows=2),
        bound="once a link",
    ),
    Line(
        name="POST /your-data/",
        addresses=("your_data",),
        prepare=asking_for_codes_for_own_data,
        most=Spent(mails=5, rows=5),
        bound="5 in 15 minutes, together with codes to sign in",
    ),
    Line(
        name="POST /your-data/code/, wrong codes",
        addresses=("your_data_code",),
        prepare=guessing_the_code_for_own_data,
        most=Spent(),
        bound="3 tries a code",
    ),
    Line(
        name="POST /your-data/erase/",
        addresses=("your_data_erase",),
        prepare=erasing_oneself,
        most=Spent(),  # what is written down is no more than what goes
        bound="once; a call or two for each car, later",
    ),
    Line(
        name="staff erase an owner",
        addresses=("admin:accounts_user_erase",),
        prepare=erasing_an_owner,
        most=Spent(rows=2),  # what is written down, less the owner
        bound="a right; once",
    ),
    Line(
        name="POST /accounts/login/, one address, one network",
        addresses=SIGN_IN,
        prepare=asking_for_codes_for_one_address,
        most=Spent(mails=5, rows=11),
        bound="5 in 15 minutes",
    ),
    Line(
        name="POST /accounts/login/, new addresses, one network",
        addresses=SIGN_IN,
        prepare=asking_for_codes_for_many_addresses,
        most=Spent(mails=100, rows=300),
        bound="100 in 15 minutes; the owner goes after 7 days, the session after 30",
        times=105,
    ),
    Line(
        name="POST /accounts/login/, one address, many networks",
        addresses=SIGN_IN,
        prepare=asking_for_codes_from_many_networks,
        most=Spent(mails=40, rows=81),
        bound="40 an hour to one mailbox",
        times=45,
    ),
    Line(
        name="POST /accounts/login/code/, wrong codes",
        addresses=("account_confirm_login_code",),
        prepare=entering_wrong_codes,
        most=Spent(),
        bound="3 tries a code",
    ),
    Line(
        name="POST /accounts/login/code/, no code asked for",
        addresses=("account_confirm_login_code",),
        prepare=entering_codes_nobody_asked_for,
        most=Spent(),
        bound="nothing to spend",
    ),
    Line(
        name="POST /accounts/login/code/, send again",
        addresses=("account_confirm_login_code",),
        prepare=having_the_code_sent_again,
        most=Spent(mails=2, rows=2),
        bound="2 for each code asked for",
    ),
    Line(
        name="POST /accounts/login/code/, wear out and send again",
        addresses=("account_confirm_login_code",),
        prepare=wearing_codes_out_and_having_new_ones,
        most=Spent(mails=4, rows=4),
        bound="counts as asking: 5 in all",
        times=30,
    ),
    Line(
        name="POST /accounts/logout/",
        addresses=("account_logout",),
        prepare=signing_out,
        most=Spent(),
        bound="nothing to spend",
    ),
    Line(
        name="POST /language/",
        addresses=("language",),
        prepare=choosing_a_language,
        most=Spent(),
        bound="one column",
    ),
    Line(
        name="POST /invite/<token>/",
        addresses=("invitation",),
        prepare=using_an_invitation,
        most=Spent(mails=5, rows=11),
        bound="counts as asking for a code",
    ),
    Line(
        name="POST /invite/<token>/, without a code",
        addresses=("invitation",),
        prepare=signing_in_by_an_invitation,
        most=Spent(rows=4),
        bound="once, into an account that is new and empty",
    ),
    Line(
        name="POST /invite/<guessed>/",
        addresses=("invitation",),
        prepare=guessing_invitations,
        most=Spent(),
        bound="256 bits; one look-up",
    ),
    Line(
        name="POST /reconnect/<guessed>/",
        addresses=("reconnects:lasting",),
        prepare=guessing_lasting_links,
        most=Spent(),
        bound="256 bits; 100 in 15 minutes for a network address",
    ),
    Line(
        name="POST /reminders/<token>/stop/",
        addresses=("reconnects:unsubscribe",),
        prepare=stopping_reminders,
        most=Spent(),
        bound="changes one column",
    ),
    Line(
        name="POST /reminders/<guessed>/stop/",
        addresses=("reconnects:unsubscribe",),
        prepare=guessing_links_that_stop_reminders,
        most=Spent(),
        bound="signed",
    ),
    Line(
        name="GET /return/, not having left",
        addresses=("reconnects:return",),
        prepare=coming_back_without_having_left,
        most=Spent(),
        bound="a signed cookie, or the owner's own car",
    ),
    Line(
        name="POST /vehicles/<id>/name/",
        addresses=("vehicles:name",),
        prepare=naming_a_car,
        most=Spent(),
        bound="changes one column",
    ),
    Line(
        name="POST /vehicles/<id>/ready/…",
        addresses=("readiness:address", "readiness:tariff", "readiness:tariff_of", "readiness:switch"),
        prepare=saying_where_home_is,
        most=Spent(calls=40, rows=1),
        bound="40 calls an hour",
    ),
    Line(
        name="POST /admin/login/, many names, one network",
        addresses=("admin:login",),
        prepare=trying_one_password_on_many_names,
        most=Spent(hashes=30, rows=30),
        bound="30 failures in 15 minutes; one hash at a time",
        times=35,
    ),
    Line(
        name="POST /admin/login/, one name, many networks",
        addresses=("admin:login",),
        prepare=trying_one_name_from_many_networks,
        most=Spent(hashes=50, rows=50),
        bound="50 failures in 15 minutes",
        times=52,
    ),
    Line(
        name="POST /admin/login/, one name, one network",
        addresses=("admin:login",),
        prepare=trying_one_name_from_one_network,
        most=Spent(hashes=5, rows=5),
        bound="5 failures in 15 minutes",
    ),
    Line(
        name="POST /admin/login/, the right password",
        addresses=("admin:login",),
        prepare=signing_in_again_and_again,
        most=Spent(hashes=11, rows=2),
        bound="10 in 15 minutes in a known browser",
    ),
    Line(
        name="POST /admin/password_change/",
        addresses=("admin:password_change",),
        prepare=guessing_the_old_password,
        most=Spent(hashes=10),
        bound="10 in 15 minutes",
    ),
    Line(
        name="POST /admin/login/second-factor/",
        addresses=("admin:second_factor",),
        prepare=trying_codes_of_an_app,
        most=Spent(),
        bound="5 in 15 minutes, for who has the password",
    ),
    Line(
        name="POST /admin/second-factor/app/",
        addresses=("admin:two_factor_app",),
        prepare=adding_an_app_with_wrong_codes,
        most=Spent(),
        bound="20 in 15 minutes; one app",
    ),
    Line(
        name="POST /admin/second-factor/passkey/",
        addresses=("admin:two_factor_passkey",),
        prepare=adding_passkeys,
        most=Spent(mails=10, rows=50),
        bound="10 passkeys, ten recovery codes, what is noted of each",
    ),
    Line(
        name="POST /admin/second-factor/recovery-codes/",
        addresses=("admin:two_factor_codes",),
        prepare=making_recovery_codes,
        most=Spent(mails=20, rows=70),
        bound="20 in 15 minutes, to oneself",
        times=25,
    ),
    Line(
        name="POST /admin/second-factor/<pk>/remove/",
        addresses=("admin:two_factor_remove",),
        prepare=removing_a_second_factor,
        most=Spent(mails=1, rows=2),
        bound="once",
    ),
    Line(
        name="POST /admin/second-factor/sign-in-again/",
        addresses=("admin:two_factor_again",),
        prepare=signing_in_once_more,
        most=Spent(),
        bound="nothing to spend",
    ),
    Line(
        name="POST /admin/password/forgotten/, one address, one network",
        addresses=("admin:forgotten_password",),
        prepare=asking_for_a_password_for_one_address,
        most=Spent(mails=5, rows=5),
        bound="5 in 15 minutes",
    ),
    Line(
        name="POST /admin/password/forgotten/, one address, many networks",
        addresses=("admin:forgotten_password",),
        prepare=asking_for_a_password_from_many_networks,
        most=Spent(mails=20, rows=20),
        bound="20 an hour to one mailbox",
        times=25,
    ),
    Line(
        name="POST /admin/password/<token>/, too short",
        addresses=("admin:set_password",),
        prepare=setting_a_password_too_short,
        most=Spent(),
        bound="10 in 15 minutes, for who has the link",
    ),
    Line(
        name="POST /admin/password/<token>/",
        addresses=("admin:set_password",),
        prepare=setting_a_password_by_one_link,
        most=Spent(hashes=1, mails=1, rows=3),
        bound="once",
    ),
    Line(
        name="POST /admin/single-sign-on/",
        addresses=("admin:single_sign_on",),
        prepare=leaving_for_the_single_sign_on,
        most=Spent(),
        bound="nothing where there is none; else a session, 60 in 15 minutes from a network address",
    ),
    Line(
        name="POST /admin/sessions/",
        addresses=("admin:my_sessions",),
        prepare=ending_a_session_that_is_none,
        most=Spent(),
        bound="nothing to spend",
    ),
    Line(
        name="POST /admin/sessions/end-all/",
        addresses=("admin:end_my_sessions",),
        prepare=ending_my_sessions,
        most=Spent(),
        bound="once: it signs out",
    ),
    Line(
        name="staff: invite colleagues",
        addresses=("admin:accounts_colleague_add",),
        prepare=inviting_colleagues,
        most=Spent(mails=TIMES, rows=6 * TIMES),
        bound="a right; groups of fewer rights than one's own",
    ),
    Line(
        name="staff: invite one colleague again",
        addresses=("admin:accounts_colleague_add",),
        prepare=inviting_one_colleague_again,
        most=Spent(mails=1, rows=6),
        bound="once an address",
    ),
    Line(
        name="staff: mail a colleague links",
        addresses=("admin:accounts_colleague_link",),
        prepare=mailing_links_to_a_colleague,
        most=Spent(mails=10, rows=30),
        bound="a right; 10 in 15 minutes to a mailbox",
    ),
    Line(
        name="staff: end a colleague's sessions",
        addresses=("admin:accounts_colleague_sessions",),
        prepare=ending_a_colleagues_sessions,
        most=Spent(rows=2 * TIMES),
        bound=STAFF,
    ),
    Line(
        name="staff: reset a second factor",
        addresses=("admin:accounts_colleague_second_factor",),
        prepare=resetting_a_second_factor,
        most=Spent(mails=TIMES, rows=3 * TIMES),
        bound=STAFF,
    ),
    Line(
        name="staff: end a colleague's access",
        addresses=("admin:accounts_colleague_left",),
        prepare=ending_a_colleagues_access,
        most=Spent(rows=3),
        bound="once",
    ),
    Line(
        name="POST /admin/logout/",
        addresses=("admin:logout",),
        prepare=signing_staff_out,
        most=Spent(),
        bound="nothing to spend",
    ),
    Line(
        name="staff: set passwords",
        addresses=("admin:auth_user_password_change",),
        prepare=setting_passwords,
        most=Spent(hashes=TIMES, rows=3 * TIMES),
        bound="superusers; one hash at a time",
    ),
    Line(
        name="staff: add users",
        addresses=("admin:accounts_user_add",),
        prepare=adding_users,
        most=Spent(rows=4 * TIMES),
        bound=STAFF,
    ),
    Line(
        name="staff: change addresses",
        addresses=("admin:accounts_user_change",),
        prepare=changing_addresses,
        most=Spent(mails=TIMES, rows=4 * TIMES),
        bound="a right of its own; one e-mail each",
    ),
    Line(
        name="staff: type ids of ev.energy",
        addresses=("admin:accounts_user_change",),
        prepare=typing_ids_of_ev_energy,
        most=Spent(calls=TIMES),
        bound="superusers; the budget of ev.energy's hour",
    ),
    Line(
        name="staff: delete users",
        addresses=("admin:accounts_user_delete",),
        prepare=deleting_users,
        most=Spent(),
        bound="a right; a log entry in place of each",
    ),
    Line(
        name="staff: sign 50 out everywhere",
        addresses=("admin:accounts_user_changelist",),
        prepare=signing_many_out,
        most=Spent(rows=(2 * MANY + 1) * TIMES),
        bound="a right; one log entry for each of 50",
    ),
    Line(
        name="staff: search",
        addresses=("admin:accounts_user_changelist",),
        prepare=searching_users,
        most=Spent(),
        bound="the beginning of a word, by an index",
    ),
    Line(
        name="staff: add a group",
        addresses=tuple(f"admin:auth_group_{each}" for each in ("add", "change", "delete", "changelist")),
        prepare=changing_groups,
        most=Spent(rows=3),
        bound="superusers",
    ),
    Line(
        name="POST /hooks/ev-energy",
        addresses=("hook_of_ev_energy",),
        prepare=sending_hooks_without_a_signature,
        most=Spent(),
        bound="a signature; not there without a secret",
    ),
    Line(
        name="staff: make endpoints for events",
        addresses=("admin:events_endpoint_add", "admin:events_endpoint_change"),
        prepare=making_endpoints,
        most=Spent(rows=11 * TIMES),
        bound="a right",
    ),
    Line(
        name="staff: try an endpoint",
        addresses=("admin:events_endpoint_test",),
        prepare=trying_an_endpoint,
        most=Spent(rows=3 * TIMES),
        bound="a right; one request of 5 seconds, to a public address",
    ),
    Line(
        name="staff: renew the secret of an endpoint",
        addresses=("admin:events_endpoint_new_secret",),
        prepare=renewing_a_secret,
        most=Spent(rows=TIMES),
        bound="a right; an entry of the audit log",
    ),
    Line(
        name="staff: send events again",
        addresses=("admin:events_endpoint_again",),
        prepare=sending_events_again,
        most=Spent(rows=2, tasks=2),
        bound="a right; what is on its way is left out; 10,000 at a time",
    ),
    Line(
        name="staff: invite",
        addresses=("admin:accounts_invitation_add",),
        prepare=inviting,
        most=Spent(mails=TIMES, rows=4 * TIMES),
        bound="a right; one e-mail each",
    ),
    Line(
        name="staff: send in files of invitations",
        addresses=("admin:accounts_invitationimport_add",),
        prepare=sending_in_files,
        most=Spent(rows=3 * TIMES),
        bound="a right; 2 MB and 10,000 rows each, gone after a day; nothing is sent",
    ),
    Line(
        name="staff: confirm a file of invitations",
        addresses=("admin:accounts_invitationimport_confirm", "admin:accounts_invitationimport_stop"),
        prepare=confirming_a_file,
        most=Spent(rows=3, tasks=1),
        bound="a right; once; e-mails are paced, in the background",
    ),
    Line(
        name="staff: invite the same again",
        addresses=("admin:accounts_invitation_add",),
        prepare=inviting_the_same_again,
        most=Spent(mails=1, rows=4),
        bound="one open invitation an address",
    ),
    Line(
        name="staff: send 50 invitations again",
        addresses=("admin:accounts_invitation_changelist", "admin:accounts_invitation_delete"),
        prepare=sending_many_invitations_again,
        most=Spent(mails=50, rows=2 * MANY),
        bound="a right; 50 at once",
        times=1,
    ),
    Line(
        name="staff: send 51 invitations again",
        addresses=("admin:accounts_invitation_changelist",),
        prepare=sending_too_many_invitations_again,
        most=Spent(),
        bound="50 at once",
    ),
    Line(
        name="staff: choose a time zone",
        addresses=("admin:vehicles_time_zone",),
        prepare=choosing_a_time_zone,
        most=Spent(),
        bound="nothing to spend",
    ),
    Line(
        name="staff: read 50 cars again",
        addresses=("admin:vehicles_vehicle_changelist",),
        prepare=reading_many_cars_again,
        most=Spent(rows=(2 * MANY + 1) * TIMES, tasks=2),
        bound="a right; in the background, once a car, in staff's share of the budget",
    ),
    Line(
        name="staff: write notes",
        addresses=("admin:accounts_user_note",),
        prepare=writing_notes,
        most=Spent(rows=3 * TIMES),
        bound=STAFF,
    ),
    Line(
        name="staff: write the same note again",
        addresses=("admin:accounts_user_note",),
        prepare=writing_one_note_again,
        most=Spent(rows=3),
        bound="a right; once a click",
    ),
    Line(
        name="staff: take over by hand, and give back",
        addresses=("admin:accounts_user_by_hand", "admin:accounts_user_end_by_hand"),
        prepare=taking_over_by_hand_and_giving_back,
        most=Spent(rows=30),
        bound=STAFF,
    ),
    Line(
        name="staff: pause and resume mail",
        addresses=("admin:accounts_user_pause_mail", "admin:accounts_user_resume_mail"),
        prepare=pausing_and_resuming_mail,
        most=Spent(rows=30),
        bound=STAFF,
    ),
    Line(
        name="staff: sign an owner out",
        addresses=("admin:accounts_user_sign_out",),
        prepare=signing_an_owner_out,
        most=Spent(rows=2 * TIMES),
        bound=STAFF,
    ),
    Line(
        name="staff: mail a link to sign in",
        addresses=("admin:accounts_user_send_link",),
        prepare=mailing_a_link_to_sign_in,
        most=Spent(rows=4, mails=1),
        bound="a right; one in ten seconds, and only to owners who may be mailed",
    ),
    Line(
        name="staff: change an owner's address",
        addresses=("admin:accounts_user_change_address",),
        prepare=changing_an_owners_address,
        most=Spent(rows=3 * TIMES, mails=TIMES),
        bound="a right; an e-mail to each old address, one call to ev.energy",
    ),
    Line(
        name="staff: merge two accounts",
        addresses=("admin:accounts_user_merge",),
        prepare=merging_two_accounts,
        most=Spent(rows=6, mails=2),
        bound="a right; once for two accounts",
    ),
    Line(
        name="staff: hand a car over",
        addresses=("admin:vehicles_vehicle_hand_over",),
        prepare=handing_a_car_over,
        most=Spent(rows=9),
        bound="a right; once from the owner the page showed",
    ),
    Line(
        name="staff: ask 50 owners to reconnect",
        addresses=("admin:vehicles_vehicle_changelist",),
        prepare=asking_for_many_reconnects,
        most=Spent(rows=3 * MANY + 2, tasks=2),
        bound="a right; once a confirmation, one open reconnect a car",
    ),
    Line(
        name="staff: act on 50 reconnects",
        addresses=("admin:reconnects_reconnect_changelist", "admin:reconnects_reconnect_change"),
        prepare=acting_on_reconnects,
        most=Spent(rows=3 * MANY + 1),
        bound="a right; once a reconnect",
    ),
    Line(
        name="staff: cancel a batch",
        addresses=("admin:reconnects_batch_cancel",),
        prepare=cancelling_a_batch,
        most=Spent(rows=22),
        bound="a right; once",
    ),
    Line(
        name="staff: mail again who did not open",
        addresses=("admin:reconnects_batch_again",),
        prepare=mailing_a_batch_again,
        most=Spent(rows=44, tasks=2),
        bound="a right; once a confirmation; who was e-mailed within a day is left out",
    ),
    Line(
        name="staff: try a batch again",
        addresses=("admin:reconnects_batch_retry",),
        prepare=retrying_a_batch,
        most=Spent(rows=22, tasks=4),
        bound="a right; while something failed; four tasks share the work",
    ),
    Line(
        name="staff: download a batch as CSV",
        addresses=("admin:reconnects_batch_csv",),
        prepare=downloading_a_batch,
        most=Spent(rows=2 * TIMES),
        bound="a right; with links, one log entry each",
    ),
    Line(
        name="staff: download a list as CSV",
        addresses=("admin:vehicles_vehicle_list_csv",),
        prepare=downloading_a_list,
        most=Spent(rows=TIMES),
        bound="a right of its own; read in pieces; an entry in the audit log each",
    ),
    Line(
        name="staff: write rules of the policy",
        addresses=("admin:reconnects_policyversion_add",),
        prepare=writing_rules,
        most=Spent(rows=3 * TIMES + 1),
        bound="a right; a version and two log entries each",
    ),
    Line(
        name="staff: stop the policy",
        addresses=("admin:reconnects_policyversion_switch",),
        prepare=stopping_the_policy,
        most=Spent(rows=22),
        bound="a right; once, and a log entry for each e-mail that waited",
    ),
    Line(
        name="staff: codes to scan",
        addresses=("admin:reconnects_reconnect_qr",),
        prepare=drawing_codes_to_scan,
        most=Spent(),
        bound="a right; drawn anew, never stored",
    ),
    Line(
        name="staff: mark a make",
        addresses=("admin:vehicles_makeoutage_add",),
        prepare=marking_makes,
        most=Spent(rows=3),
        bound="one mark a make",
    ),
    Line(
        name="staff: lift a mark",
        addresses=("admin:vehicles_makeoutage_changelist",),
        prepare=lifting_marks,
        most=Spent(rows=2),
        bound="once a mark",
    ),
    Line(
        name="staff: clear a flag",
        addresses=("admin:reconnects_unstablevehicle_changelist",),
        prepare=clearing_flags,
        most=Spent(rows=14),
        bound="once a flag",
    ),
    Line(
        name="staff: unlock a sign-in",
        addresses=("admin:axes_accessattempt_changelist", "admin:axes_accessattempt_delete"),
        prepare=unlocking_sign_ins,
        most=Spent(rows=1),
        bound="a right; a log entry in place of each",
    ),
]


@pytest.fixture(autouse=True)
def _fast_cache(settings: Settings) -> None:
    backend = "django.core.cache.backends.locmem.LocMemCache"
    settings.CACHES = {"default": {"BACKEND": backend, "LOCATION": str(uuid.uuid4())}}


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.name)
def test_a_form_sent_again_and_again_spends_no_more_than_its_line_says(
    line: Line,
    ev_energy_api: EvEnergyApi,
    settings: Settings,
    table_cell: Callable[..., None],
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    for name in NAMES:
        if most := getattr(line.most, name):
            table_cell("Threats", row=line.name, column=name, says=f"≤ {most}")
    table_cell("Threats", row=line.name, column="bounded by", says=line.bound)
    table_cell("Threats", row=line.name, column="sent", says=f"{line.times} times")
    count_hashes(settings)
    ev_energy_api.add_problem("GET", "/users/user01J443798BF893ZHFQVCS0FA23", 404, breaks_contract=True)
    ev_energy_api.add("PATCH", f"/users/{an_id('user')}", json=user_json(default_location=home_json()))
    with django_capture_on_commit_callbacks(execute=True):
        send = line.prepare()
    before = spent(ev_energy_api)

    with django_capture_on_commit_callbacks(execute=True):
        answers = [send(number) for number in range(line.times)]

    cost = spent(ev_energy_api).since(before)
    assert not cost.over(line.most), cost
    assert all(getattr(answer, "status_code", 200) < 500 for answer in answers)
    # A bound that is never reached would say nothing.
    reached = [name for name in NAMES if getattr(cost, name) == getattr(line.most, name) > 0]
    assert reached or line.most == Spent(), cost


# Which addresses take a form


def is_in_a_line() -> set[str]:
    return {name for line in LINES for name in line.addresses}


# Owners' presses that cost calls to ev.energy are sent a hundred times where their limits are tested.
OWNERS_PRESSES = {
    "onboarding:start": ["connect, not known to ev.energy yet", "connect, known to ev.energy"],
    "onboarding:return": ["come back with 20 made-up cars", "come back with the same car"],
    "onboarding:country": ["does it work in my country"],
    "onboarding:waitlist": ["waitlist"],
    "vehicles:disconnect": ["disconnect a car"],
    "vehicles:remove": ["remove a car"],
    "reconnects:start": ["reconnect by the button"],
    "reconnects:lasting": ["reconnect by an e-mailed link"],
    "reconnects:helper": ["reconnect by a helper's link"],
    "reconnects:return": ["come back from a reconnect"],
}


def of_no_form(address: Address) -> bool:
    return address.name not in is_in_a_line() | OWNERS_PRESSES.keys()


@pytest.mark.parametrize(
    "part", parts_of([each for each in addresses() if of_no_form(each)]), ids=range(PARTS)
)
def test_an_address_in_no_line_spends_nothing_whoever_sends_it_a_form(
    part: Sequence[Address], ev_energy_api: EvEnergyApi, settings: Settings
) -> None:
    count_hashes(settings)
    staff, owner = superuser(), Client()
    owner.force_login(make_owner())
    junk = {"email": "ann@example.com", "password": "x", "name": "x", "action": "x", "post": "yes"}
    before = spent(ev_energy_api)
    for address in part:
        with nothing_stays(owner, staff):
            for client in (Client(), owner, staff):
                answer = client.post(address.path(), junk)
                assert answer.status_code in {200, 302, 401, 403, 404, 405}, address

            assert spent(ev_energy_api) == before, address


def test_the_document_has_a_line_for_every_form_outside_the_admin() -> None:
    text = (Path(__file__).parents[2] / "docs/security.md").read_text()
    forms = [each for each in addresses() if not of_no_form(each) and not each.name.startswith("admin:")]

    assert forms
    for address in forms:
        start, _parameter, end = re.sub(r"<[^>]+>", "<>", address.route).partition("<>")
        end = end.replace("<>", r"<\w+>")
        assert re.search(rf"`(GET|POST) /{start}(<\w+>{end})?`", text), address.route


def test_every_line_is_about_addresses_there_are() -> None:
    names = {address.name for address in addresses()}

    assert is_in_a_line() | OWNERS_PRESSES.keys() <= names
    assert {name for each in OWNERS_PRESSES.values() for name in each} <= {form.name for form in FORMS}
    assert User.objects.count() == 0  # nothing of this file's preparations ran while it was read
