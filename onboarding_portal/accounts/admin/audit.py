"""The audit log in the admin: looked at by those who may, changed by nobody."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from onboarding_portal.accounts.models import Act, AuditEntry, AuditSubject, User
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.addresses import address_to_look_up
from onboarding_portal.ev_energy.ids import is_user_id, is_vehicle_id

SHOWN = 3


class ActFilter(admin.SimpleListFilter):
    title = _("what")
    parameter_name = "act"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(act.value, act.label) for act in Act]

    def queryset(self, request: HttpRequest, queryset: QuerySet[AuditEntry]) -> QuerySet[AuditEntry]:
        return queryset.filter(act=self.value()) if self.value() else queryset


@admin.register(AuditEntry)
class AuditEntryAdmin(ReadOnly, StaffModelAdmin[AuditEntry]):
    list_display = ["at", "who", "words", "whom", "why", "network_address"]
    list_filter = [ActFilter, "actor_kind", "at"]
    list_per_page = 100
    list_max_show_all = 100
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ()
    ordering = ["-pk"]
    actions = None
    search_fields = ["actor_name"]
    search_help_text = _(
        "An address, a vehicle id, an ev.energy user id, or the beginning of a colleague’s address"
    )
    fields = ["at", "who", "words", "whom", "thing", "why", "detail", "network_address", "request_id"]
    readonly_fields = ["who", "words", "whom", "thing"]

    @admin.display(description=_("who"))
    def who(self, entry: AuditEntry) -> str:
        return entry.actor_name or str(entry.get_actor_kind_display())

    @admin.display(description=_("what"))
    def words(self, entry: AuditEntry) -> str:
        return entry.words

    @admin.display(description=_("thing"), empty_value="-")
    def thing(self, entry: AuditEntry) -> str:
        return f"{entry.thing_kind} {entry.thing_id}".strip()

    @admin.display(description=_("to whom"), empty_value="-")
    def whom(self, entry: Any) -> str:
        named: list[str] = [_told(subject) for subject in entry.few]
        more = entry.count - len(named)
        if not named:
            return self.thing(entry)
        told = "; ".join(named)
        return told if more <= 0 else told + ngettext(" and %d more", " and %d more", more) % more

    def get_queryset(self, request: HttpRequest) -> QuerySet[AuditEntry]:
        # A few of each: an act on a hundred thousand cars is one line like any other.
        few = AuditSubject.objects.select_related("owner").order_by("pk")[:SHOWN]
        return (
            super().get_queryset(request).prefetch_related(Prefetch("subjects", queryset=few, to_attr="few"))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[AuditEntry], search_term: str
    ) -> tuple[QuerySet[AuditEntry], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        subjects = _subjects(term)
        if subjects is None:
            name = address_to_look_up(term)
            # Of those who left the whole address is looked for: its beginning has no index, and entries are many.
            here = User.objects.filter(is_staff=True, email__startswith=name)
            return queryset.filter(Q(actor_name=name) | Q(actor__in=here.values("pk"))), False
        return queryset.filter(pk__in=subjects.values("entry")), False


def _subjects(term: str) -> QuerySet[AuditSubject] | None:
    """Whom an act was about, as the term names them; None where it may be the name of who acted."""
    spelt = term[:4].lower() + term[4:].upper()
    if is_vehicle_id(spelt):
        return AuditSubject.objects.filter(vehicle_id=spelt)
    owner = Q(ev_energy_user_id=spelt) if is_user_id(spelt) else Q(email=address_to_look_up(term))
    found = User.objects.filter(owner).owners().first()
    return AuditSubject.objects.filter(owner=found) if found or is_user_id(spelt) else None


def _told(subject: AuditSubject) -> str:
    parts = [subject.owner.email if subject.owner else "", subject.vehicle_id]
    return " ".join(part for part in parts if part) or str(_("somebody erased"))
