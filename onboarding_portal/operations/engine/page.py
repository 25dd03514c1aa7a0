"""The panel of the engine: what is wrong and what to do, and how things stand. Each line leads to its list.

Its queries are as many however much there is, and ev.energy is not asked.
"""

from dataclasses import dataclass
from datetime import datetime
from weakref import WeakKeyDictionary

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding_portal.operations.engine.alarms import Alarm
from onboarding_portal.operations.engine.conditions import Wrong, what_is_wrong
from onboarding_portal.operations.engine.facts import Facts, read_facts
from onboarding_portal.operations.engine.lines import Line, lines_of
from onboarding_portal.operations.engine.moments import ago, moment

RIGHT = "operations.view_alarm"
OPENS = {
    "admin:operations_process_changelist": "operations.view_process",
    "admin:operations_regularjob_changelist": "operations.view_regularjob",
    "admin:operations_alarm_changelist": "operations.view_alarm",
    "admin:django_tasks_database_dbtaskresult_changelist": "django_tasks_database.view_dbtaskresult",
    "admin:vehicles_syncrun_changelist": "vehicles.view_syncrun",
    "admin:vehicles_syncrun_change": "vehicles.view_syncrun",
    "admin:reconnects_batch_changelist": "reconnects.view_batch",
    "admin:accounts_sentmail_changelist": "accounts.view_sentmail",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One thing that is wrong, as it is shown. `url` is empty where the reader may not open the list."""

    name: str
    summary: str
    facts: str
    since: str
    do: str
    runbook: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """`quiet` are alarms that go on being told as long as it is not sure that they are over."""

    troubles: list[Trouble]
    quiet: list[str]
    lines: list[tuple[Line, str]]
    alarms_url: str


_of_request: WeakKeyDictionary[HttpRequest, Panel] = WeakKeyDictionary()


def may_see(request: HttpRequest) -> bool:
    """Whether the panel is for this reader."""
    return request.user.has_perm(RIGHT)


def panel(request: HttpRequest, *, now: datetime) -> Panel:
    """How the engine is, with links to what this reader may open. Raises django.db.Error."""
    facts = read_facts(now=now)
    alarms = {(alarm.name, alarm.about): alarm for alarm in Alarm.objects.open()}
    wrong = what_is_wrong(facts)
    held = {each.key for each in wrong}
    return Panel(
        troubles=[_shown(each, alarms.get(each.key), request, facts) for each in wrong],
        quiet=[
            _("%(what)s: not so for %(age)s") % {"what": alarm, "age": ago(now - alarm.quiet_since)}
            for key, alarm in alarms.items()
            if key not in held and alarm.quiet_since is not None
        ],
        lines=[
            (line, _url(request, line.link, *line.arguments, query=line.query)) for line in lines_of(facts)
        ],
        alarms_url=_url(request, "admin:operations_alarm_changelist"),
    )


def context(request: HttpRequest) -> dict[str, Panel] | None:
    """What the panel's two parts need on the first page; they read it once. None to those who may not see it."""
    if not may_see(request):
        return None
    if request not in _of_request:
        _of_request[request] = panel(request, now=timezone.now())
    return {"engine": _of_request[request]}


def engine(request: HttpRequest) -> HttpResponse:
    """The panel on a page of its own."""
    shown = context(request)
    if shown is None:
        raise PermissionDenied
    frame = {**admin.site.each_context(request), "title": _("The engine")}
    return TemplateResponse(request, "admin/engine/page.html", {**frame, **shown})


def _shown(wrong: Wrong, alarm: Alarm | None, request: HttpRequest, facts: Facts) -> Trouble:
    condition = wrong.condition
    return Trouble(
        name=condition.name,
        summary=condition.in_words(wrong.finding.about),
        facts=wrong.finding.facts,
        since=moment(alarm.began_at) if alarm else _("just now"),
        do=str(condition.do),
        runbook=condition.runbook,
        url=_url(request, condition.link),
    )


def _url(request: HttpRequest, name: str, *arguments: object, query: str = "") -> str:
    """Where the list is; "" if the reader may not open it."""
    right = OPENS.get(name)
    if not right or not request.user.has_perm(right):
        return ""
    return reverse(name, args=arguments) + query
