"""Rights against what they could be made into: no set of permissions leads to more than it says."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.models import Batch, BatchKind, State
from tests.factories import make_owner, make_staff
from tests.reconnects.rows import make_reconnect
from tests.test_permissions import make_task

pytestmark = pytest.mark.django_db

GRAB = {"is_staff": "on", "is_superuser": "on", "is_active": "on", "wants_reminders": "on"}


class World:
    """One attacker, and what they would like to have."""

    def __init__(self, permissions: list[Permission], *, by_group: bool) -> None:
        self.owner = make_owner(email="ann@example.com", ev_energy_user_id=None)
        self.colleague = make_staff(email="sam@example.com")
        self.boss = make_staff(email="boss@example.com", is_superuser=True)
        self.idle_boss = make_staff(email="idle@example.com", is_superuser=True, is_staff=False)
        self.task = make_task()
        self.group = Group.objects.create(name="Mine")
        self.me = make_staff(email="me@example.com")
        self.me.groups.add(self.group)
        if by_group:
            self.group.permissions.set(permissions)
        else:
            self.me.user_permissions.set(permissions)
        self.client = Client()
        self.client.force_login(self.me)
        self.sessions = {user.pk: Client() for user in (self.boss, self.colleague)}
        for pk, client in self.sessions.items():
            client.force_login(User.objects.get(pk=pk))

    @property
    def others(self) -> list[User]:
        return [self.colleague, self.boss, self.idle_boss]

    def state(self) -> Any:
        """Everything that gives power over the portal or another's account."""
        fields = ("pk", "email", "password", "is_staff", "is_superuser", "is_active", "ev_energy_user_id")
        return (
            list(User.objects.exclude(pk=self.owner.pk).order_by("pk").values_list(*fields)),
            [(user.pk, sorted(user.get_all_permissions())) for user in User.objects.order_by("pk")],
            sorted(Group.objects.values_list("name", "permissions")),
            list(DBTaskResult.objects.values_list("pk", "task_path", "status", "args_kwargs")),
            [client.get("/admin/").status_code for client in self.sessions.values()],
            User.objects.filter(pk=self.owner.pk).values_list("is_staff", "is_superuser").first(),
        )

    def post(self, page: str, /, *args: object, **fields: Any) -> None:
        self.client.post(reverse(f"admin:{page}", args=args), fields)


def every_right(world: World) -> list[str]:
    return [str(pk) for pk in Permission.objects.values_list("pk", flat=True)]


def give_a_group_every_right(world: World) -> None:
    world.post("auth_group_change", world.group.pk, name="Mine", permissions=every_right(world))


def make_a_group_with_every_right(world: World) -> None:
    world.post("auth_group_add", name="New", permissions=every_right(world))


def delete_a_group(world: World) -> None:
    world.post("auth_group_delete", world.group.pk, post="yes")
    chosen = {"action": "delete_selected", "_selected_action": [world.group.pk], "post": "yes"}
    world.post("auth_group_changelist", **chosen)


def make_myself_a_superuser(world: World) -> None:
    everything = {"groups": [world.group.pk], "user_permissions": every_right(world)}
    world.post("accounts_user_change", world.me.pk, email=world.me.email, **GRAB, **everything)


def make_an_owner_staff(world: World) -> None:
    everything = {"groups": [world.group.pk], "user_permissions": every_right(world)}
    world.post("accounts_user_change", world.owner.pk, email=world.owner.email, **GRAB, **everything)


def add_a_superuser(world: World) -> None:
    world.post("accounts_user_add", email="friend@example.com", **GRAB, user_permissions=every_right(world))
    User.objects.filter(email="friend@example.com", is_staff=False, is_superuser=False).delete()


def take_others_over_by_their_address(world: World) -> None:
    for user in world.others:
        world.post("accounts_user_change", user.pk, email=f"x{user.pk}@example.com", **GRAB)


def set_others_passwords(world: World) -> None:
    new = {"password1": "another-good-one", "password2": "another-good-one", "usable_password": "true"}
    for user in [*world.others, world.owner]:
        world.post("auth_user_password_change", user.pk, **new)


def switch_others_off(world: World) -> None:
    for user in world.others:
        world.post("accounts_user_change", user.pk, email=user.email)


def delete_others(world: World) -> None:
    for user in world.others:
        world.post("accounts_user_delete", user.pk, post="yes")


def delete_others_in_bulk(world: World) -> None:
    keys = [user.pk for user in world.others]
    world.post("accounts_user_changelist", action="delete_selected", _selected_action=keys, post="yes")


def sign_others_out(world: World) -> None:
    keys = [user.pk for user in world.others]
    world.post("accounts_user_changelist", action="sign_out_everywhere", _selected_action=keys)


def change_in_the_list(world: World) -> None:
    form = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 1, "form-0-id": world.me.pk, "_save": "Save"}
    world.post(
        "accounts_user_changelist", **form, **{f"form-0-{name}": value for name, value in GRAB.items()}
    )


def run_code_as_a_task(world: World) -> None:
    new = {"task_path": "os.system", "status": "READY", "args_kwargs": '{"args": ["id"], "kwargs": {}}'}
    world.post("django_tasks_database_dbtaskresult_change", world.task.pk, **new)
    world.post("django_tasks_database_dbtaskresult_add", **new)


ESCALATIONS: list[Callable[[World], None]] = [
    give_a_group_every_right,
    make_a_group_with_every_right,
    delete_a_group,
    make_myself_a_superuser,
    make_an_owner_staff,
    add_a_superuser,
    take_others_over_by_their_address,
    set_others_passwords,
    switch_others_off,
    delete_others,
    delete_others_in_bulk,
    sign_others_out,
    change_in_the_list,
    run_code_as_a_task,
]
RIGHTS: dict[str, Callable[[Permission], bool]] = {
    "none": lambda each: False,
    "every permission there is": lambda each: True,
    "all on users": lambda each: each.content_type.app_label == "accounts",
    "all on groups": lambda each: each.content_type.app_label == "auth",
    "change_user alone": lambda each: each.codename == "change_user",
}


@pytest.mark.parametrize("by_group", [False, True], ids=["their own", "their group's"])
@pytest.mark.parametrize("rights", RIGHTS)
@pytest.mark.parametrize("escalate", ESCALATIONS, ids=lambda escalate: escalate.__name__)
def test_rights_lead_to_no_more_than_they_say(
    escalate: Callable[[World], None], rights: str, by_group: bool, table_cell: Callable[..., None]
) -> None:
    every = Permission.objects.select_related("content_type")
    world = World([each for each in every if RIGHTS[rights](each)], by_group=by_group)
    before = world.state()
    said = escalate.__name__.replace("_", " ")
    table_cell("Rights", row=f"staff with {rights}", column=said, says="refused")

    escalate(world)

    assert world.state() == before


# Of no effect for superusers: there is no such form, or they have it all.
NOTHING_TO_SEE = {change_in_the_list, run_code_as_a_task, add_a_superuser, make_myself_a_superuser}


@pytest.mark.parametrize(
    "escalate",
    [each for each in ESCALATIONS if each not in NOTHING_TO_SEE],
    ids=lambda escalate: escalate.__name__,
)
def test_the_attempts_are_real_a_superuser_gets_somewhere_with_each(
    escalate: Callable[[World], None],
) -> None:
    world = World([], by_group=False)
    User.objects.filter(pk=world.me.pk).update(is_superuser=True)
    before = world.state()

    escalate(world)

    assert world.state() != before


def test_owner_cannot_be_taken_over_with_change_user() -> None:
    world = World([Permission.objects.get(codename="change_user")], by_group=False)

    world.post("accounts_user_change", world.owner.pk, email="mine@example.com", **GRAB)

    assert User.objects.get(pk=world.owner.pk).email == "ann@example.com"


@pytest.mark.parametrize("is_in_batch", [False, True], ids=["alone", "in a batch"])
@pytest.mark.parametrize(
    ("codenames", "alone", "in_batch"),
    [
        (["view_reconnect_links"], 403, 403),
        (["view_reconnect_links", "view_reconnect"], 200, 200),
        (["view_reconnect_links", "view_batch"], 403, 200),
        (["view_reconnect", "view_batch"], 403, 403),
    ],
)
def test_a_link_is_drawn_for_those_who_may_see_a_page_it_is_on(
    codenames: list[str], alone: int, in_batch: int, is_in_batch: bool
) -> None:
    now, staff, client = timezone.now(), make_staff(), Client()
    batch = Batch.objects.create(kind=BatchKind.LINKS) if is_in_batch else None
    ready = make_reconnect(
        State.LINK_READY, link_made_at=now, expires_at=now + timedelta(hours=1), batch=batch
    )
    staff.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(staff)

    status = client.get(reverse("admin:reconnects_reconnect_qr", args=[ready.pk])).status_code

    assert status == (in_batch if is_in_batch else alone)
    assert client.get(reverse("admin:reconnects_reconnect_qr", args=[0])).status_code in {403, 404}
