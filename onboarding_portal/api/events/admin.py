"""Staff say where events go, see what came of each, and have them sent again."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from onboarding_portal.accounts.audit import Act
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import NeitherAddedNorDeleted, ReadOnly
from onboarding_portal.accounts.two_factor.sealing import CannotBeOpened, seal, unseal
from onboarding_portal.api.events import acts
from onboarding_portal.api.events.models import Delivery, DeliveryState, Endpoint, Event

# In the session of whoever made a secret, sealed, until its page has shown it.
NOT_SHOWN_YET = "event_secret_not_shown_yet"


class SpanForm(forms.Form):
    since = forms.DateTimeField(label=_("From"))
    until = forms.DateTimeField(label=_("Until"))

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        since, until = found.get("since"), found.get("until")
        if since and until and since > until:
            raise forms.ValidationError(_("The span ends before it begins."))
        return found


def _count(state: DeliveryState) -> Coalesce:
    """How many deliveries of an endpoint are in a state; by an index of those alone."""
    rows = Delivery.objects.filter(endpoint=OuterRef("pk"), state=state).order_by()
    return Coalesce(Subquery(rows.values("endpoint").annotate(number=Count("pk")).values("number")), 0)


@admin.register(Endpoint)
class EndpointAdmin(NeitherAddedNorDeleted, StaffModelAdmin[Endpoint]):
    act_of_adding = Act.ENDPOINT_MADE
    act_of_changing = Act.ENDPOINT_CHANGED
    list_display = ("name", "is_on", "how_it_is", "on_the_way", "given_up", "answered_at")
    fields = ("name", "url", "is_on")
    ordering = ("pk",)
    show_full_result_count = False
    change_form_template = "admin/events/endpoint_change_form.html"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return user_of(request).has_perm("events.add_endpoint")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Endpoint]:
        return (
            super()
            .get_queryset(request)
            .annotate(pending=_count(DeliveryState.PENDING), parked=_count(DeliveryState.PARKED))
        )

    @admin.display(description=_("on the way"))
    def on_the_way(self, endpoint: Any) -> int:
        return int(endpoint.pending)

    @admin.display(description=_("given up"))
    def given_up(self, endpoint: Any) -> int:
        return int(endpoint.parked)

    @admin.display(description=_("how it is"))
    def how_it_is(self, endpoint: Endpoint) -> str:
        if not endpoint.is_on:
            return gettext("Off")
        if endpoint.paused_until and endpoint.paused_until > timezone.now():
            return gettext("Does not take events; tried again soon")
        if endpoint.failures:
            return gettext("Refused the last event")
        return gettext("Fine") if endpoint.answered_at else gettext("Nothing was sent yet")

    # A secret is made and shown once

    def save_model(self, request: HttpRequest, obj: Endpoint, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)
        else:
            secret = acts.make(endpoint=obj)
            request.session[NOT_SHOWN_YET] = [obj.pk, seal(secret)]

    def response_add(
        self, request: HttpRequest, obj: Endpoint, post_url_continue: Any = None
    ) -> HttpResponse:
        return redirect("admin:events_endpoint_secret", obj.pk)

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Any, name: str) -> URLPattern:
            wrapped = self.admin_site.admin_view(never_cache(view))
            url: URLPattern = path(f"<int:object_id>/{route}/", wrapped, name=f"events_endpoint_{name}")
            return url

        return [
            page("secret", self.secret_view, "secret"),
            page("new-secret", self.new_secret_view, "new_secret"),
            page("test", self.test_view, "test"),
            page("again", self.again_view, "again"),
            *super().get_urls(),
        ]

    def secret_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Shows a secret to whoever made it, once."""
        if not (self.has_add_permission(request) or self.has_change_permission(request)):
            raise PermissionDenied
        endpoint, secret = self._endpoint(object_id), ""
        if request.method == "GET" and request.session.get(NOT_SHOWN_YET, [None])[0] == object_id:
            try:
                secret = unseal(request.session.pop(NOT_SHOWN_YET)[1])
            except CannotBeOpened:
                secret = ""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("The secret of %(name)s") % {"name": endpoint.name},
            "endpoint": endpoint,
            "secret": secret,
        }
        return render(request, "admin/events/secret.html", context)

    def new_secret_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        endpoint = self._to_act_on(request, object_id)
        if isinstance(endpoint, HttpResponse):
            return endpoint
        secret = acts.renew_secret(endpoint=endpoint, by=user_of(request), now=timezone.now())
        request.session[NOT_SHOWN_YET] = [endpoint.pk, seal(secret)]
        return redirect("admin:events_endpoint_secret", object_id)

    def test_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        endpoint = self._to_act_on(request, object_id)
        if isinstance(endpoint, HttpResponse):
            return endpoint
        outcome = acts.try_out(endpoint=endpoint, by=user_of(request), now=timezone.now())
        if outcome.is_taken:
            words = gettext("The test event was taken: status %(status)d.") % {"status": outcome.status}
            messages.success(request, words)
        elif outcome.status is None:
            messages.error(request, gettext("The test event was not taken.") + f" {outcome.problem}")
        else:
            words = gettext("The test event was refused: status %(status)d.") % {"status": outcome.status}
            messages.error(request, words)
        return redirect("admin:events_endpoint_change", object_id)

    def again_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        endpoint = self._to_act_on(request, object_id)
        if isinstance(endpoint, HttpResponse):
            return endpoint
        form = SpanForm(request.POST)
        if not form.is_valid():
            for problem in [each for found in form.errors.values() for each in found]:
                messages.error(request, str(problem))
            return redirect("admin:events_endpoint_change", object_id)
        span = {name: form.cleaned_data[name] for name in ("since", "until")}
        count = acts.send_again(
            events=Event.objects.between(**span),
            endpoints=[endpoint],
            by=user_of(request),
            now=timezone.now(),
        )
        _say_how_many(request, count)
        return redirect("admin:events_endpoint_change", object_id)

    def _endpoint(self, object_id: int) -> Endpoint:
        found = Endpoint.objects.filter(pk=object_id).first()
        if found is None:
            raise Http404
        return found

    def _to_act_on(self, request: HttpRequest, object_id: int) -> Endpoint | HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        return self._endpoint(object_id)


def _say_how_many(request: HttpRequest, count: int) -> None:
    if not count:
        messages.warning(request, _("There is nothing to send again that is not on its way."))
        return
    words = ngettext("%(count)d event is sent again.", "%(count)d events are sent again.", count)
    messages.success(request, words % {"count": count})
    if count >= acts.MOST_AT_ONCE:
        messages.warning(request, _("There are more: send the rest by a later span of time."))


@admin.register(Event)
class EventAdmin(ReadOnly, StaffModelAdmin[Event]):
    list_display = ("at", "kind", "vehicle_id", "owner_id", "public_id")
    list_filter = ("kind",)
    search_fields = ("vehicle_id__exact", "event_id__exact")
    search_help_text = _("A vehicle id, or an event id without evt_.")
    ordering = ("-id",)
    show_full_result_count = False
    fields = ("public_id", "at", "kind", "vehicle_id", "owner_id", "data")
    actions = ("send_again",)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm("events.change_endpoint")

    @admin.display(description=_("event id"))
    def public_id(self, event: Event) -> str:
        return event.public_id

    @admin.action(description=_("Send again to every endpoint that is on"), permissions=["replay"])
    def send_again(self, request: HttpRequest, queryset: Any) -> None:
        endpoints = list(Endpoint.objects.filter(is_on=True))
        events = Event.objects.filter(pk__in=queryset.values("pk"))
        _say_how_many(
            request,
            acts.send_again(events=events, endpoints=endpoints, by=user_of(request), now=timezone.now()),
        )


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly, StaffModelAdmin[Delivery]):
    list_display = ("created_at", "endpoint", "kind", "state", "status", "problem", "tries", "tried_at")
    list_filter = ("state", "endpoint")
    list_select_related = ("endpoint", "event")
    search_fields = ("event__event_id__exact", "event__vehicle_id__exact")
    search_help_text = _("A vehicle id, or an event id without evt_.")
    ordering = ("-id",)
    show_full_result_count = False
    fields = (
        *("endpoint", "event", "state", "status", "problem", "tries"),
        *("created_at", "tried_at", "due_at", "ended_at"),
    )
    actions = ("send_again",)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm("events.change_endpoint")

    @admin.display(description=_("what"), ordering="event__kind")
    def kind(self, delivery: Delivery) -> str:
        return delivery.event.kind

    @admin.action(description=_("Send again"), permissions=["replay"])
    def send_again(self, request: HttpRequest, queryset: Any) -> None:
        now, count = timezone.now(), 0
        for endpoint in Endpoint.objects.filter(pk__in=queryset.values("endpoint")):
            events = Event.objects.filter(deliveries__in=queryset.filter(endpoint=endpoint)).distinct()
            count += acts.send_again(events=events, endpoints=[endpoint], by=user_of(request), now=now)
        _say_how_many(request, count)
