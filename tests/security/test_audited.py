"""No act of staff without a trace: each admin action and each form of the admin leaves an entry in the audit log.

A new action, or a new address that takes a form, fails here until it leaves one, or has a reason not to.
"""

from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from onboarding_portal.accounts.models import AuditEntry
from tests.factories import make_staff
from tests.html_forms import forms_on
from tests.test_permissions import ACTIONS, STAFFS_ADDRESSES, World, world
from tests.urlconf import Address

__all__ = ["world"]

pytestmark = pytest.mark.django_db

# What is no act on people, cars or what decides about them.
NO_ACT_ACTIONS: dict[tuple[str, str], str] = {}
NO_ACT = {
    "admin:login": "staff's own sign-in",
    "admin:logout": "staff's own sign-out",
    "admin:password_change": "staff's own password, which they have to know",
    "admin:password_change_done": "only says so",
    "admin:vehicles_time_zone": "how times are shown to the one who asks",
    "admin:autocomplete": "only looks",
    "admin:jsi18n": "only looks",
    "admin:index": "only looks",
    "admin:view_on_site": "there is none",
    "admin:no-such-page": "there is none",
    "admin:app_list": "only looks",
}
# What the forms are sent with.
FIELDS: dict[str, dict[str, Any]] = {
    "admin:accounts_user_add": {"email": "somebody@example.com"},
    "admin:accounts_invitation_add": {"email": "somebody@example.com"},
    "admin:auth_group_add": {"name": "Night shift"},
    "admin:accounts_user_erase": {"where": "here"},
    "admin:accounts_user_delete": {},
}


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(("label", "action"), [each for each in ACTIONS if each not in NO_ACT_ACTIONS])
def test_each_action_leaves_an_entry(world: World, boss: Client, label: str, action: str) -> None:
    model = apps.get_model(label)
    name = f"{model._meta.app_label}_{model._meta.model_name}"
    before = AuditEntry.objects.count()

    page = boss.post(
        reverse(f"admin:{name}_changelist"),
        {"action": action, "_selected_action": [world.object_ids[name]], "select_across": "0", "index": "0"},
    )
    if page.status_code == 200:  # it asks first
        page = forms_on(page)[0].submit(boss)

    assert AuditEntry.objects.count() > before, (
        f"{action} on {label} leaves no entry: call onboarding_portal.accounts.audit.record in its transaction."
    )


def takes_a_form(address: Address) -> bool:
    return address.name not in NO_ACT and not address.name.endswith(("_changelist", "_list_csv", "_history"))


@pytest.mark.parametrize(
    "address", [each for each in STAFFS_ADDRESSES if takes_a_form(each)], ids=lambda address: address.name
)
def test_each_form_leaves_an_entry(world: World, boss: Client, address: Address) -> None:
    path, before = world.path(address), AuditEntry.objects.count()
    shown = boss.get(path)
    fields = FIELDS.get(address.name, {})
    if shown.status_code == 200 and "text/html" in shown["Content-Type"] and shown.context is not None:
        forms = [form for form in forms_on(shown) if form.buttons or address.name in FIELDS]
        answers = [boss.post(form.action, {**form.fields, **fields}) for form in forms if form.action == path]
    else:
        answers = []
    answers = answers or [boss.post(path, fields)]

    if all(answer.status_code in {403, 404, 405} for answer in answers):
        return  # it only shows something
    assert AuditEntry.objects.count() > before, (
        f"{address.name} takes a form and leaves no entry ({[each.status_code for each in answers]}): "
        f"call onboarding_portal.accounts.audit.record in its transaction, or say in NO_ACT why it is no act; "
        f"what it has to be sent stands in FIELDS."
    )
