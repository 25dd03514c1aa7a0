"""The ready-made groups are made, and given their rights, at the end of each `migrate`.

Not in a migration: Django makes rights only when all migrations have run. Nothing is given twice, so what superusers
changed by hand stays.
"""

from typing import Any

from django.apps import apps as apps_of_today
from django.apps.registry import Apps
from django.utils.translation import gettext

from onboarding_portal.staff_groups import StaffGroup, rights_of


def give_rights(*, using: str = "default", apps: Apps = apps_of_today, **_of_the_signal: Any) -> None:
    """Makes each group that was never made, and gives each the rights of the table that it never had."""
    try:
        rows = apps.get_model("accounts", "ReadyMadeGroup")._default_manager.using(using)
    except LookupError:  # a database that is taken back to a time before them
        return
    known = _known_rights(apps, using)
    for key in StaffGroup:
        row = rows.select_related("group").filter(pk=key).first()
        if row is None:
            row = rows.create(key=key, group=_new_group(apps, using, name=key.name.capitalize()))
        given = set(row.rights_given)
        new = sorted((rights_of(key) & known.keys()) - given)
        if not new:
            continue
        if row.group is not None:
            row.group.permissions.add(*(known[right] for right in new))
        row.rights_given = sorted(given | set(new))
        row.save(using=using, update_fields=["rights_given"])


def _known_rights(apps: Apps, using: str) -> dict[str, int]:
    rights = apps.get_model("auth", "Permission")._default_manager.using(using)
    found = rights.values_list("content_type__app_label", "codename", "pk")
    return {f"{app}.{codename}": pk for app, codename, pk in found}


def _new_group(apps: Apps, using: str, *, name: str) -> Any:
    """A group of that name, or of another where somebody has made one of that name: it is theirs, with its rights."""
    groups = apps.get_model("auth", "Group")._default_manager.using(using)
    taken = groups.filter(name=name).exists()
    return groups.create(name=gettext("%s (ready-made)") % name if taken else name)
