"""The ready-made groups: made once, with the rights of the table, and left alone where superusers changed them."""

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission

from onboarding_portal import staff_groups
from onboarding_portal.accounts.models import ReadyMadeGroup
from onboarding_portal.accounts.staff.ready_made import give_rights
from onboarding_portal.staff_groups import RIGHTS, StaffGroup, rights_of
from tests.test_permissions import name_of

pytestmark = pytest.mark.django_db

DOCS = (Path(__file__).parents[2] / "docs/staff-access.md").read_text()
OURS = {config.label for config in apps.get_app_configs() if config.name.startswith("onboarding_portal.")}
# Rights of which no group has any: superusers alone, each with its reason.
NOBODYS: set[str] = set()


def group(key: StaffGroup) -> Group:
    return Group.objects.get(ready_made__key=key)


def rights(key: StaffGroup) -> set[str]:
    return {name_of(each) for each in group(key).permissions.select_related("content_type")}


def right(name: str) -> Permission:
    app, _, codename = name.partition(".")
    return Permission.objects.get(content_type__app_label=app, codename=codename)


def look_at_lists() -> set[str]:
    return {f"{model._meta.app_label}.view_{model._meta.model_name}" for model in admin.site._registry}


def every_right() -> set[str]:
    return {name_of(each) for each in Permission.objects.select_related("content_type")}


@pytest.mark.parametrize("key", StaffGroup)
def test_a_new_database_has_the_groups_with_the_rights_of_the_table(key: StaffGroup) -> None:
    assert group(key).name == key.name.capitalize()
    assert rights(key) == rights_of(key)


def test_each_group_may_do_what_the_one_before_it_may() -> None:
    sizes = [len(rights_of(key)) for key in StaffGroup]

    assert sizes == sorted(set(sizes))
    assert all(
        rights_of(low) < rights_of(high) for low, high in zip(StaffGroup, list(StaffGroup)[1:], strict=False)
    )


def test_no_right_stands_twice_and_all_of_them_exist() -> None:
    told = [name for names in RIGHTS.values() for name in names]

    assert len(told) == len(set(told))
    assert set(told) - every_right() == set()


def test_every_right_of_its_own_and_every_right_to_look_is_some_groups_or_nobodys() -> None:
    told = {name for names in RIGHTS.values() for name in names}
    of_its_own = {
        name
        for name in every_right()
        if name.partition(".")[0] in OURS and not re.search(r"\.(view|add|change|delete)_[a-z]+$", name)
    }

    assert (of_its_own | look_at_lists()) - told == NOBODYS


def test_nobody_but_superusers_changes_groups_and_rights() -> None:
    powers = {name for name in rights_of(StaffGroup.ADMINISTRATOR) if name.startswith("auth.")}

    assert powers <= {"auth.view_group"}


def test_the_docs_have_the_table() -> None:
    told = dict(re.findall(r"^\| `([\w.]+)` \| (\w+) \|$", DOCS, re.MULTILINE))

    assert told == {name: key.name.capitalize() for key, names in RIGHTS.items() for name in names}


def test_giving_again_changes_nothing() -> None:
    before = sorted(Group.objects.values_list("name", "permissions"))

    give_rights()

    assert sorted(Group.objects.values_list("name", "permissions")) == before


def test_what_was_taken_away_or_added_by_hand_stays_so() -> None:
    group(StaffGroup.AGENT).permissions.remove(right("vehicles.change_vehicle"))
    group(StaffGroup.READER).permissions.add(right("accounts.delete_user"))
    before = rights(StaffGroup.AGENT), rights(StaffGroup.READER)

    give_rights()

    assert (rights(StaffGroup.AGENT), rights(StaffGroup.READER)) == before


def test_a_right_that_is_new_in_the_table_is_given_to_its_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(
        staff_groups.RIGHTS, StaffGroup.LEAD, (*RIGHTS[StaffGroup.LEAD], "accounts.add_user_x")
    )
    content_type = right("accounts.add_user").content_type
    give_rights()  # the table is ahead of the rights, as in the middle of an upgrade
    new = Permission.objects.create(content_type=content_type, codename="add_user_x", name="x")

    give_rights()

    assert [new in group(key).permissions.all() for key in StaffGroup] == [False, False, True, True]


def test_a_group_that_was_renamed_is_not_made_anew() -> None:
    Group.objects.filter(name="Agent").update(name="Support")

    give_rights()

    assert group(StaffGroup.AGENT).name == "Support"
    assert Group.objects.count() == len(StaffGroup)


def test_a_group_that_was_deleted_is_not_made_anew() -> None:
    Group.objects.filter(name="Agent").delete()

    give_rights()

    assert not Group.objects.filter(name="Agent").exists()


def test_a_group_of_the_same_name_that_was_there_before_keeps_its_own_rights() -> None:
    ReadyMadeGroup.objects.all().delete()
    Group.objects.all().delete()
    theirs = Group.objects.create(name="Agent")

    give_rights()

    assert not theirs.permissions.exists()
    assert group(StaffGroup.AGENT).name == "Agent (ready-made)"
    assert rights(StaffGroup.AGENT) == rights_of(StaffGroup.AGENT)
