"""Whom among colleagues somebody may act on, and which groups they may give: never more than they have themselves.

Rights of those who work here already are changed by superusers alone. A newcomer begins in a group.
"""

from django.contrib.auth.models import Group, Permission
from django.db.models import QuerySet

from onboarding_portal.accounts.models import User


def is_within_reach(*, actor: User, colleague: User) -> bool:
    """Superusers reach everybody but themselves, others those who may do less than they."""
    if colleague.pk == actor.pk or not colleague.is_staff:
        return False
    if actor.is_superuser:
        return True
    return not colleague.is_superuser and rights_of_group_member(colleague) < actor.get_all_permissions()


def rights_of_group_member(colleague: User) -> set[str]:
    """What they may do while they are active: Django says of somebody who is not that they may do nothing."""
    rights = Permission.objects.filter(group__user=colleague) | Permission.objects.filter(user=colleague)
    return _names(rights.distinct())


def groups_to_give(actor: User) -> QuerySet[Group]:
    """Of the ready-made groups those that may do less than the actor; superusers give any."""
    groups = Group.objects.filter(ready_made__isnull=False).order_by("pk")
    if actor.is_superuser:
        return groups
    mine = actor.get_all_permissions()
    lesser = [each.pk for each in groups if _names(each.permissions.all()) < mine]
    return groups.filter(pk__in=lesser)


def _names(rights: QuerySet[Permission]) -> set[str]:
    return {
        f"{app}.{codename}" for app, codename in rights.values_list("content_type__app_label", "codename")
    }
