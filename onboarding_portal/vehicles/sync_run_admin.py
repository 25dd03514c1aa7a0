"""The readings of all vehicles, and whether the one under way makes progress."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal import at_work
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.vehicles.data_age_admin import TellsDataAge
from onboarding_portal.vehicles.models import SyncRun, SyncState
from onboarding_portal.vehicles.sync_standing import standing


@admin.register(SyncRun)
class SyncRunAdmin(TellsDataAge, ReadOnly, StaffModelAdmin[SyncRun]):
    list_display = [
        "started_at",
        "how_it_stands",
        "vehicle_count",
        "page_count",
        "unknown_owner_count",
        "unreadable_count",
        "removed_count",
    ]
    fields = [
        *(
            "how_it_stands",
            "started_at",
            "progressed_at",
            "finished_at",
            "failure",
            "page_count",
            "vehicle_count",
        ),
        *("created_count", "unknown_owner_count", "owner_changed_count", "removed_count"),
        "could_not_be_read",
    ]
    readonly_fields = ["how_it_stands", "could_not_be_read"]
    ordering = ["-started_at"]

    @admin.display(description=_("state"))
    def how_it_stands(self, run: SyncRun) -> str:
        now = timezone.now()
        # At most one row is under way, so a list asks this once.
        missing = at_work.missing(now=now) if run.state == SyncState.RUNNING else frozenset()
        return standing(run, missing=missing, now=now)

    @admin.display(description=_("could not be read"))
    def could_not_be_read(self, run: SyncRun) -> str:
        if not run.unreadable_count:
            return ""
        count = ngettext(
            "%(count)d vehicle could not be read: ",
            "%(count)d vehicles could not be read: ",
            run.unreadable_count,
        ) % {"count": run.unreadable_count}
        named = [
            f"{vehicle_id or gettext('without an id')} ({field})" for vehicle_id, field in run.unreadable
        ]
        return count + ", ".join(named) + ("…" if run.unreadable_count > len(named) else "")
