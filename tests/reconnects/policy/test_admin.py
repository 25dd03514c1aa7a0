"""The policy's pages: who sees, who changes, what bad input leads to."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from onboarding_portal.accounts.models import AuditEntry, User
from onboarding_portal.accounts.models.audit_act import Act
from onboarding_portal.catalogue.models import Make
from onboarding_portal.reconnects.models import MakeSurvival, Policy, PolicyVersion, Reconnect, State
from onboarding_portal.reconnects.policy.run import run
from tests.factories import make_make, make_staff
from tests.reconnects.policy.office import RULES, begin, is_on, make_due_cars, write

pytestmark = pytest.mark.django_db

LIST = "/admin/reconnects/policyversion/"


def client_of(group: str) -> tuple[Client, User]:
    user = make_staff()
    user.groups.add(Group.objects.get(ready_made__key=group))
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client, user


def test_a_lead_writes_rules_switches_on_and_stops() -> None:
    lead, user = client_of("lead")
    make_due_cars(2, stale_since=timezone.now() - timedelta(days=2))

    assert lead.post(LIST + "add/", {**RULES, "_save": "yes"}).status_code == 302
    preview = lead.get(LIST + "preview/").content.decode()
    assert "<b>2</b> would be mailed now" in preview
    assert not is_on()
    lead.post(LIST + "switch/", {"to": "on"})
    assert is_on()
    run(now=timezone.now())
    answer = lead.post(LIST + "switch/", {"to": "off"}, follow=True)

    assert "2 e-mails that waited were cancelled" in answer.content.decode()
    assert not is_on()
    assert set(Reconnect.objects.values_list("state", flat=True)) == {State.CANCELLED}
    version = PolicyVersion.objects.get()
    assert (version.created_by, version.why, version.reminder_days) == (user, "To begin with", [3, 7])
    assert [(entry.act, entry.actor) for entry in AuditEntry.objects.order_by("pk")] == [
        (Act.POLICY_CHANGED, user),
        (Act.POLICY_SWITCHED_ON, user),
        (Act.POLICY_MAILED, None),
        (Act.POLICY_STOPPED, user),
        (Act.POLICY_CANCELLED, user),
    ]


def test_a_reader_sees_all_and_changes_nothing() -> None:
    begin()
    reader, _ = client_of("reader")

    page = reader.get(LIST).content.decode()

    assert "The policy is on" in page
    assert "Stop it all" not in page
    assert "Stop it all" not in reader.get(LIST + "preview/").content.decode()
    assert reader.post(LIST + "switch/", {"to": "off"}).status_code == 403
    assert reader.post(LIST + "add/", {**RULES, "_save": "yes"}).status_code == 403
    assert reader.post(LIST + "add/", {**RULES, "_preview": "yes"}).status_code == 403
    assert is_on()
    assert PolicyVersion.objects.count() == 1


def test_rules_are_shown_before_they_are_stored() -> None:
    lead, _ = client_of("lead")
    make_due_cars(3, stale_since=timezone.now() - timedelta(days=2))

    page = lead.post(LIST + "add/", {**RULES, "most_a_day": "2", "_preview": "yes"}).content.decode()

    assert "<b>2</b> would be mailed now" in page
    assert "1 of these waits for another day" in page
    assert 'name="most_a_day" value="2"' in page
    assert not PolicyVersion.objects.exists()
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("reminder_days", "3, three", "Type whole days"),
        ("reminder_days", "7, 3", "each later than the one before"),
        ("reminder_days", "3, 20", "works for 14 days"),
        ("reminder_days", "1 2 3 4 5 6", "Up to five"),
        ("until_hour", "0", "greater than or equal to 1"),
        ("from_hour", "24", "less than or equal to 23"),
        ("most_a_day", "0", "greater than or equal to 1"),
        ("most_a_day", "9" * 30, "less than or equal to"),
        ("causes", "ASLEEP_OR_OUT_OF_COVERAGE", "Select a valid choice"),
        ("make_ids", "vmak_of_nobody", "Select a valid choice"),
        ("trial", "ALL", "Select a valid choice"),
        ("why", "", "This field is required"),
        ("causes", "", "Select a valid choice"),
    ],
)
def test_bad_rules_are_told_where_they_stand_and_store_nothing(field: str, value: str, words: str) -> None:
    lead, _ = client_of("lead")

    answer = lead.post(LIST + "add/", {**RULES, field: value, "_save": "yes"})

    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert not PolicyVersion.objects.exists()


def test_hours_the_wrong_way_round_are_told() -> None:
    lead, _ = client_of("lead")

    answer = lead.post(LIST + "add/", {**RULES, "from_hour": "19", "until_hour": "9", "_save": "yes"})

    assert "This must be later than the hour it begins" in answer.content.decode()


@pytest.mark.parametrize("to", [None, "", "maybe", "on", "off"])
def test_a_switch_that_says_nothing_changes_nothing(to: str | None) -> None:
    lead, _ = client_of("lead")

    answer = lead.post(LIST + "switch/", {} if to is None else {"to": to}, follow=True)

    assert answer.status_code == 200
    assert not is_on()  # there are no rules yet
    assert "messagelist" in answer.content.decode()


def test_the_form_begins_with_the_rules_in_force() -> None:
    make = make_make("Volvo")
    begin(most_a_day=17, make_ids=[make.pk], reminder_days=[2, 9])
    lead, _ = client_of("lead")

    page = lead.get(LIST + "add/").content.decode()

    assert 'value="17"' in page
    assert 'value="2, 9"' in page
    assert f'value="{make.pk}" id="id_make_ids_0" checked' in page


def test_a_version_cannot_be_written_by_address() -> None:
    version = write(most_a_day=7)
    lead, _ = client_of("lead")
    address = f"{LIST}{version.pk}/change/"

    assert "At most 7 cars within 24 hours" in lead.get(address).content.decode()
    assert lead.post(address, {**RULES, "_save": "yes"}).status_code == 403
    assert lead.post(f"{LIST}{version.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Policy.objects.current().version.most_a_day == 7


def test_the_preview_takes_as_many_queries_for_many_cars() -> None:
    begin()
    lead, _ = client_of("lead")

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert lead.get(LIST + "preview/").status_code == 200
        return len(captured)

    make_due_cars(1, stale_since=timezone.now() - timedelta(days=2))
    few = queries()
    make_due_cars(12, stale_since=timezone.now() - timedelta(days=2))
    assert queries() == few


def test_a_curve_is_drawn_with_its_table() -> None:
    reader, _ = client_of("reader")
    survival = MakeSurvival.objects.create(
        make=make_make("Volvo"),
        life_count=100,
        ended_count=60,
        points=[[10, 100, 20, 0.8, 0.71, 0.87], [40, 70, 30, 0.457, 0.36, 0.55], [60, 30, 10, 0.3, 0.2, 0.4]],
        told_from_days=60,
    )

    page = reader.get(f"/admin/reconnects/makesurvival/{survival.pk}/change/").content.decode()

    assert '<polyline class="lives" points="48.0,12.0 ' in page
    assert "Most connections with Volvo have ended after 60 days" in page
    assert "80 %" in page
    assert Make.objects.get() == survival.make
    assert reader.get("/admin/reconnects/makesurvival/nonsense/change/").status_code == 302
