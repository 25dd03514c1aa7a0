"""All that is held about an owner, for those of staff who may give it to them; and the way to erase an owner."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from onboarding_portal.accounts.erasing import erase, export, read, take_along
from onboarding_portal.accounts.models import Erasure, User
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.accounts.your_data.words import in_words

EXPORT, ERASE = "accounts.export_owner", "accounts.erase_owner"
ONE_BY_ONE = gettext_lazy("An owner is erased, not deleted: open their page, then Erase.")


class ExportsAndErases(StaffModelAdmin[User]):
    """Owners are not deleted as rows are: whoever may delete one is led to the page that erases them."""

    def get_urls(self) -> list[URLPattern]:
        def page(name: str, view: Callable[..., HttpResponse], suffix: str = "/") -> URLPattern:
            route = f"<int:user_id>/{name}{suffix}"
            return path(route, self.admin_site.admin_view(view), name=f"accounts_user_{name}")

        return [
            page("export", self.export_view),
            path(
                "<int:user_id>/export.json",
                self.admin_site.admin_view(self.export_json_view),
                name="accounts_user_export_json",
            ),
            page("erase", self.erase_view),
            *super().get_urls(),
        ]

    @method_decorator(require_safe)
    def export_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        owner = _owner_for(request, user_id, EXPORT)
        held = export(owner=owner, by=user_of(request), now=timezone.now())["held"]
        return self._page(
            request, owner, "export", held=in_words(held, to_owner=False), title=_("All that is held")
        )

    @method_decorator(require_safe)
    def export_json_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        owner = _owner_for(request, user_id, EXPORT)
        held = take_along(owner=owner, by=user_of(request), now=timezone.now())
        return JsonResponse(
            held,
            json_dumps_params={"indent": 1, "ensure_ascii": False},
            headers={"Content-Disposition": 'attachment; filename="owner.json"'},
        )

    def erase_view(self, request: HttpRequest, user_id: int) -> HttpResponse:
        """Asks first, and for ev.energy separately; whoever chooses neither has chosen nothing."""
        owner = _owner_for(request, user_id, ERASE)
        choice = request.POST.get("where", "")
        if request.method == "POST" and choice in {"here", "everywhere"}:
            why = request.POST.get("why", "").strip()
            try:
                erasure = erase(
                    owner=owner,
                    by=user_of(request),
                    at_ev_energy=choice == "everywhere",
                    now=timezone.now(),
                    why=why,
                )
            except User.DoesNotExist:  # a colleague was faster, or a second click
                self.message_user(request, _("This owner was erased a moment ago."), messages.WARNING)
                return redirect("admin:accounts_user_changelist")
            self.message_user(request, _("The owner is erased."), messages.SUCCESS)
            if user_of(request).has_perm("accounts.view_erasure"):
                return redirect("admin:accounts_erasure_change", erasure.pk)
            return redirect("admin:accounts_user_changelist")
        counts = [(table["title"], table["count"]) for table in in_words(read(owner=owner), to_owner=False)]
        was_sent = request.method == "POST"
        page = self._page(
            request, owner, "erase", counts=counts, was_sent=was_sent, title=_("Erase this owner?")
        )
        page.status_code = 400 if was_sent else 200
        return page

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        user = self.get_object(request, object_id)
        if (
            user is None
            or user.is_staff
            or user.is_superuser
            or not self.has_delete_permission(request, user)
        ):
            return super().delete_view(request, object_id, extra_context)
        self.message_user(request, str(ONE_BY_ONE), messages.INFO)
        if user_of(request).has_perm(ERASE):
            return redirect("admin:accounts_user_erase", user.pk)
        return redirect("admin:accounts_user_changelist")

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        deleted, counts, needed, protected = super().get_deleted_objects(objs, request)
        owners = [user for user in objs if not (user.is_staff or user.is_superuser)]
        # What is protected is named on the page that asks, and nothing is deleted.
        return deleted, counts, needed, [*protected, *(f"{owner}: {ONE_BY_ONE}" for owner in owners)]

    def _page(self, request: HttpRequest, owner: User, name: str, **context: Any) -> TemplateResponse:
        everything = {**self.admin_site.each_context(request), "opts": self.opts, "owner": owner, **context}
        return TemplateResponse(request, f"admin/accounts/user/{name}.html", everything)


@admin.register(Erasure)
class ErasureAdmin(ReadOnly, StaffModelAdmin[Erasure]):
    """That owners were erased, how much it was, and what came of it at ev.energy. Nothing says who they were."""

    list_display = ["erased_at", "by_kind", "is_at_ev_energy", "at_ev_energy"]
    list_filter = ["by_kind", "is_at_ev_energy", "erased_at"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-erased_at", "pk"]
    fields = ["erased_at", "by_kind", "is_at_ev_energy", "at_ev_energy", "rows_removed"]
    readonly_fields = ["at_ev_energy", "rows_removed"]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("cars")

    @admin.display(description=gettext_lazy("cars at ev.energy"), empty_value="-")
    def at_ev_energy(self, erasure: Any) -> str:
        return "; ".join(_told(car) for car in erasure.cars.all())

    @admin.display(description=gettext_lazy("rows removed"), empty_value="-")
    def rows_removed(self, erasure: Erasure) -> str:
        return ", ".join(f"{label} {count}" for label, count in sorted(erasure.counts.items()))


def _told(car: Any) -> str:
    words = str(car.get_outcome_display())
    return f"{words} ({car.failure})" if car.failure else words


def _owner_for(request: HttpRequest, user_id: int, right: str) -> User:
    if not user_of(request).has_perm(right):
        raise PermissionDenied
    if user_id > 2**63 - 1:
        user_id = 0
    return get_object_or_404(User.objects.owners(), pk=user_id)
