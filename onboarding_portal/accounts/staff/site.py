from collections.abc import Callable, Iterable
from types import new_class
from typing import Any, cast

from allauth.account.models import EmailAddress, EmailConfirmation
from allauth.core import ratelimit
from django.conf import settings
from django.contrib.admin import AdminSite, ModelAdmin
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import BACKEND_SESSION_KEY, REDIRECT_FIELD_NAME
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.db.models import Model
from django.db.models.base import ModelBase
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from onboarding_portal.accounts.known_browser import remember_browser
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.sessions import is_of_staff, note_seen
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.two_factor import pending, proof
from onboarding_portal.accounts.two_factor.urls import two_factor_pages

CODE_BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
# allauth keeps these for features that are switched off here; their tables stay empty.
UNUSED = {EmailAddress, EmailConfirmation}


class StaffLoginView(LoginView):
    """Takes the password; who has a second factor is not signed in before they gave it."""

    template_name = "admin/sign_in.html"
    authentication_form = AdminAuthenticationForm

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        user, session = form.get_user(), self.request.session
        if not isinstance(user, User) or not proof.is_asked_of(user):
            return super().form_valid(form)
        pending.begin(session, user=user, backend=user.backend, next_url=self.get_success_url())
        return redirect("admin:second_factor")


class StaffAdminSite(AdminSite):
    site_header = _("%(name)s: cars") % {"name": settings.PORTAL_NAME}
    site_title = settings.PORTAL_NAME
    index_title = _("Administration")
    enable_nav_sidebar = False  # the lists are wide and need the room

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self._pages: list[URLPattern] = []
        self._first_page: Callable[[HttpRequest], dict[str, Any]] = lambda _request: {}
        self._open_pages: list[URLPattern] = [*two_factor_pages]

    def add_page(self, route: str, view: Callable[..., HttpResponseBase], *, name: str) -> None:
        """A page of a higher room, behind the staff's sign-in: `admin:<name>`. For `AppConfig.ready()`."""
        self._pages.append(path(route, self.admin_view(view), name=name))

    def set_first_page(self, template: str, context: Callable[[HttpRequest], dict[str, Any]]) -> None:
        """What a higher room shows above the list of apps; `status` in its context is that of the answer.

        For `AppConfig.ready()`.
        """
        self.index_template, self._first_page = template, context

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> TemplateResponse:
        extra = self._first_page(request)
        status = extra.pop("status", None)
        response = super().index(request, {**extra, **(extra_context or {})})
        response.status_code = status or response.status_code
        return response

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        return {**super().each_context(request), "asks_second_factor": settings.STAFF_TWO_FACTOR != "off"}

    def add_open_page(self, route: str, view: Callable[..., HttpResponseBase], *, name: str) -> None:
        """A page of the admin that nobody has to be signed in for; the view itself sees to who may what."""
        self._open_pages.append(path(route, view, name=name))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        return [*self._open_pages, *self._pages, *super().get_urls()]

    def is_signed_in(self, request: HttpRequest) -> bool:
        """Whether somebody signed in as staff, with all that is asked for or without."""
        # Staff get no codes, but an owner who signed in with one may be made staff while that session lives.
        by_code = request.session.get(BACKEND_SESSION_KEY) == CODE_BACKEND
        return super().has_permission(request) and not by_code and is_of_staff(request.session)

    def has_permission(self, request: HttpRequest) -> bool:
        if not self.is_signed_in(request):
            return False
        note_seen(request.session, now=timezone.now())
        return proof.is_enough(request.session)

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """Django's, with one more step for those who have a second factor, or have to set one up."""
        if request.method == "GET" and self.has_permission(request):
            return redirect("admin:index")
        if request.method == "GET" and self.is_signed_in(request):
            return redirect("admin:two_factor")
        asked_for = {REDIRECT_FIELD_NAME} & {*request.GET, *request.POST}
        context = {
            **self.each_context(request),
            "title": _("Log in"),
            "subtitle": None,
            "app_path": request.get_full_path(),
            "username": request.user.get_username(),
            "has_single_sign_on": bool(settings.OIDC_ISSUER),
            **({} if asked_for else {REDIRECT_FIELD_NAME: reverse("admin:index")}),
            **(extra_context or {}),
        }
        response = cast("HttpResponse", StaffLoginView.as_view(extra_context=context)(request))
        if request.method == "POST" and isinstance(request.user, User):
            remember_browser(request, response, email=request.user.email)
        return response

    def password_change(  # type: ignore[override]  # the stubs say less than Django allows
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        # The form asks for the old password: whoever found a session open must not guess it.
        if request.method == "POST" and not ratelimit.consume(
            request, action="change_password", key=str(request.user.pk)
        ):
            return render(request, "errors/429.html", status=429)
        return super().password_change(request, extra_context)

    def register(
        self,
        model_or_iterable: type[Model] | Iterable[type[Model]],
        admin_class: type[ModelAdmin[Any]] | None = None,
        **options: Any,
    ) -> None:
        models = [model_or_iterable] if isinstance(model_or_iterable, ModelBase) else model_or_iterable
        used = [model for model in models if model not in UNUSED]
        super().register(used, _of_staff(admin_class or ModelAdmin), **options)


def _of_staff(admin_class: type[ModelAdmin[Any]]) -> type[ModelAdmin[Any]]:
    """Returns the class itself if it is one of ours; Django's own and the task queue's get our base under them."""
    if issubclass(admin_class, StaffModelAdmin):
        return admin_class
    return new_class(admin_class.__name__, (StaffModelAdmin, admin_class))
