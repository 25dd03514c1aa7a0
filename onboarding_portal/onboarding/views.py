"""Pages of the first journey: choose a car, leave for ev.energy, come back."""

from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from onboarding_portal.accounts.allowance import count, tells_when_too_often
from onboarding_portal.accounts.requests import takes_form_of, user_of
from onboarding_portal.catalogue.models import Make, Model, Trim
from onboarding_portal.catalogue.pick import Pick, PickRefused, resolve_pick
from onboarding_portal.catalogue.picker import lay_out
from onboarding_portal.catalogue.search import search
from onboarding_portal.consents.text import VERSION
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.errors import EvEnergyError, Invalid, Unavailable
from onboarding_portal.ev_energy.turns import turns
from onboarding_portal.onboarding.arrival import MalformedReturn, read_back, record_return
from onboarding_portal.onboarding.country import form_for, others_that_work
from onboarding_portal.onboarding.departure import Preparing, is_preparing, start_attempt
from onboarding_portal.onboarding.forms import WaitlistForm
from onboarding_portal.onboarding.models import Attempt, AttemptState
from onboarding_portal.onboarding.return_page import return_page
from onboarding_portal.onboarding.steps import Step, note_step, note_unknown_search
from onboarding_portal.onboarding.tasks import read_back_later
from onboarding_portal.owner_limits import Press
from onboarding_portal.timing import OWNER_WAITS_SECONDS
from onboarding_portal.vehicles.tasks import refresh_soon

PICKED = ("make_id", "model_id", "trim_id")
# Sent by the script that narrows the list while somebody types.
NARROWS = "X-Narrows"


@login_required
@require_safe
def choose_make(request: HttpRequest) -> HttpResponse:
    query = request.GET.get("q", "").strip()[:200]
    context = {"query": query, "pick": Pick()}
    now = timezone.now()
    note_step(request, Step.SEEN, now=now)
    if query:
        result = search(query)
        # Half a word, while somebody types, is not what they search for.
        if not result.hits and NARROWS not in request.headers:
            note_unknown_search(request, query, now=now)
        return render(request, "onboarding/search.html", {**context, "result": result})
    return render(request, "onboarding/makes.html", {**context, "layout": lay_out(Make.objects.offered())})


@login_required
@require_safe
def leave_the_choice(request: HttpRequest) -> HttpResponse:
    """What an owner agrees to who chooses their car at ev.energy."""
    return render(request, "onboarding/ready.html", {"pick": Pick()})


@login_required
@require_safe
def choose_model(request: HttpRequest, make_id: str) -> HttpResponse:
    pick = _pick_or_404(make_id=make_id)
    if pick.is_enough:
        return _ready(request, pick)
    models = Model.objects.offered().filter(make_id=make_id).with_connectable()
    return render(request, "onboarding/models.html", {"pick": pick, "models": models})


@login_required
@require_safe
def choose_trim(request: HttpRequest, make_id: str, model_id: str) -> HttpResponse:
    pick = _pick_or_404(make_id=make_id, model_id=model_id)
    if pick.is_enough:
        return _ready(request, pick)
    trims = list(Trim.objects.offered().filter(model_id=model_id))
    if not any(trim.onboardable for trim in trims):
        return _cannot_connect(request, pick)
    return render(request, "onboarding/trims.html", {"pick": pick, "trims": trims})


@login_required
@require_safe
def confirm(request: HttpRequest, make_id: str, model_id: str, trim_id: str) -> HttpResponse:
    pick = _pick_or_404(make_id=make_id, model_id=model_id, trim_id=trim_id)
    return _ready(request, pick) if pick.is_enough else _cannot_connect(request, pick)


def _page_of_pick(request: HttpRequest) -> str:
    try:
        pick = resolve_pick(**_picked_ids(request))
    except PickRefused:
        pick = Pick()
    return _page_of(pick)


@takes_form_of(_page_of_pick)
@tells_when_too_often
def start(request: HttpRequest) -> HttpResponse:
    ids = _picked_ids(request)
    try:
        pick = resolve_pick(**ids)
    except PickRefused:
        return render(request, "onboarding/refused_pick.html", {"pick": Pick()}, status=400)
    if not (pick.is_empty or pick.is_enough):
        return redirect(_page_of(pick))
    seen = request.POST.get("text_version", "")
    if seen not in {"", VERSION}:
        messages.info(
            request, _("What you agree to has changed since you opened the page. Please read it again.")
        )
        return redirect("onboarding:at_ev_energy" if pick.is_empty else _page_of(pick))
    try:
        return HttpResponseRedirect(
            start_attempt(owner=user_of(request), text_version=seen, now=timezone.now(), **ids)
        )
    except Preparing:
        return _preparing(request, pick, is_ready=False)
    except EvEnergyError:
        return render(request, "onboarding/start_failed.html", {"pick": pick}, status=503)


@never_cache
@login_required
@require_safe
def preparing(request: HttpRequest) -> HttpResponse:
    """How it stands: what the page that waits for it looks at. The pick stands in the query."""
    try:
        pick = resolve_pick(**_picked_ids(request))
    except PickRefused:
        pick = Pick()
    is_ready = not is_preparing(owner=user_of(request), now=timezone.now())
    return _preparing(request, pick, is_ready=is_ready)


def _preparing(request: HttpRequest, pick: Pick, *, is_ready: bool) -> HttpResponse:
    ids = dict(zip(PICKED, pick.path_ids, strict=False))
    context = {
        "pick": pick,
        "is_ready": is_ready,
        "looks_at": f"{reverse('onboarding:preparing')}?{urlencode(ids)}",
    }
    return render(request, "onboarding/preparing.html", context, status=200 if is_ready else 202)


@never_cache
@require_safe
@tells_when_too_often
def arrive(request: HttpRequest, attempt_id: UUID) -> HttpResponse:
    if not request.user.is_authenticated:
        # Another browser than the one they left from, or signed out meanwhile: the sign-in comes back here.
        sign_in = redirect_to_login(request.get_full_path()).url
        context = {"sign_in": sign_in, "has_stopped": "error" in request.GET}
        return render(request, "onboarding/return_signed_out.html", context)
    owner = user_of(request)
    attempt = Attempt.objects.filter(pk=attempt_id, owner=owner).first()
    if attempt is None:
        return render(request, "onboarding/return_unknown.html", status=404)
    attempt.owner = owner
    vehicle_ids = request.GET.getlist("vehicle_uid")
    if not vehicle_ids and attempt.state != AttemptState.STARTED:
        page = return_page(attempt=attempt, now=timezone.now())
        # A car that has sent no data yet is read again while its owner looks at the page.
        refresh_soon(vehicle=page.worth_reading, now=timezone.now())
        return render(request, page.template, {"page": page, "attempt": attempt}, status=page.status)
    try:
        record_return(attempt=attempt, vehicle_ids=vehicle_ids, now=timezone.now())
    except MalformedReturn:
        return render(request, "onboarding/return_malformed.html", {"attempt": attempt}, status=400)
    with turns.taken() as is_my_turn:
        if is_my_turn:
            read_back(attempt=attempt, client=get_client(), now=timezone.now(), seconds=OWNER_WAITS_SECONDS)
    read_back_later(attempt)
    # To the same page without the ids: reloading it, or sharing its address, claims nothing.
    return redirect("onboarding:return", attempt.pk)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@tells_when_too_often
def waitlist(request: HttpRequest) -> HttpResponse:
    form = WaitlistForm(request.POST if request.method == "POST" else None, label_suffix="")
    if not form.is_valid():
        return render(
            request, "onboarding/waitlist.html", {"form": form}, status=400 if form.is_bound else 200
        )
    count(Press.WAITLIST, owner=user_of(request), now=timezone.now())
    language = request.headers.get("Accept-Language", "")  # ev.energy takes the owner's country from it
    try:
        with turns.taken() as is_my_turn, deadline(seconds=OWNER_WAITS_SECONDS):
            if not is_my_turn:
                raise Unavailable("join_waitlist: others are waiting")
            get_client().join_waitlist(
                email=user_of(request).email, accept_language=language, **form.cleaned_data
            )
    except Invalid:
        form.add_error(None, form.refused_message)
        return render(request, "onboarding/waitlist.html", {"form": form}, status=400)
    except EvEnergyError:
        form.add_error(None, form.unreachable_message)
        return render(request, "onboarding/waitlist.html", {"form": form}, status=503)
    return render(request, "onboarding/waitlist_joined.html", {"name": form.car_name()})


def _picked_ids(request: HttpRequest) -> dict[str, str]:
    sent = request.POST if request.method == "POST" else request.GET
    return {name: sent.get(name, "") for name in PICKED}


def _page_of(pick: Pick) -> str:
    names = ("makes", "make", "model", "trim")
    return reverse(f"onboarding:{names[len(pick.path_ids)]}", args=pick.path_ids)


def _pick_or_404(*, make_id: str = "", model_id: str = "", trim_id: str = "") -> Pick:
    try:
        return resolve_pick(make_id=make_id, model_id=model_id, trim_id=trim_id)
    except PickRefused as error:
        raise Http404 from error


def _ready(request: HttpRequest, pick: Pick) -> HttpResponse:
    note_step(request, Step.PICKED, make_id=pick.path_ids[0], now=timezone.now())
    return render(request, "onboarding/ready.html", {"pick": pick})


def _cannot_connect(request: HttpRequest, pick: Pick) -> HttpResponse:
    context = {"pick": pick, "form": form_for(request), "others": others_that_work(pick)}
    return render(request, "onboarding/cannot_connect.html", context)
