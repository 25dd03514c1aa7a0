"""The lines of the panel: one for each part of the engine, with the list behind it."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from onboarding_portal.lengths import exact
from onboarding_portal.operations.engine.facts import KINDS, Facts
from onboarding_portal.operations.engine.moments import ago, moment
from onboarding_portal.operations.engine.samples import HOUR
from onboarding_portal.operations.metrics.processes import Kind
from onboarding_portal.vehicles.sync_standing import standing

SPENDERS = ("owners", "staff", "sync", "background")


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """`link` is the name of the admin's page behind it, with its `arguments` and `query`."""

    label: str
    value: str
    more: str = ""
    link: str = ""
    arguments: tuple[object, ...] = ()
    query: str = ""


def lines_of(facts: Facts) -> list[Line]:
    return [
        _complete(facts),
        _under_way(facts),
        _unreadable(facts),
        _budget(facts),
        _spent(facts),
        _queue(facts),
        *_processes(facts),
        _jobs(facts),
        _mails(facts),
    ]


def _complete(facts: Facts) -> Line:
    age = facts.sync.age
    every = _("All cars are read every %(length)s.") % {"length": exact(age.every)}
    value = _("none yet")
    if age.complete_at is not None:
        value = _("%(age)s ago") % {"age": ago(facts.now - age.complete_at)}
        every = f"{moment(age.complete_at)}. {every}"
    return Line(
        label=_("Last complete reading of all cars"),
        value=value,
        more=every,
        link="admin:vehicles_syncrun_changelist",
    )


def _under_way(facts: Facts) -> Line:
    run = facts.sync.running
    label = _("Reading now")
    if run is None:
        return Line(label=label, value=_("none"), link="admin:vehicles_syncrun_changelist")
    missing = frozenset(kind.value for kind in facts.missing_kinds)
    pages = ngettext("%(count)d page", "%(count)d pages", run.page_count) % {"count": run.page_count}
    cars = ngettext("%(count)d car", "%(count)d cars", run.vehicle_count) % {"count": run.vehicle_count}
    return Line(
        label=label,
        value=standing(run, missing=missing, now=facts.now),
        more=_("%(pages)s, %(cars)s so far.") % {"pages": pages, "cars": cars},
        link="admin:vehicles_syncrun_change",
        arguments=(run.pk,),
    )


def _unreadable(facts: Facts) -> Line:
    run = facts.sync.complete
    label = _("Cars that could not be read")
    if run is None:
        return Line(label=label, value=_("not known yet"), link="admin:vehicles_syncrun_changelist")
    return Line(
        label=label,
        value=str(run.unreadable_count),
        more=_("In the last complete reading."),
        link="admin:vehicles_syncrun_change",
        arguments=(run.pk,),
    )


def _budget(facts: Facts) -> Line:
    state, label = facts.budget, _("Requests of this hour")
    if not state.is_known:
        return Line(label=label, value=_("not known: the cache does not answer"))
    left = _("Left: %(owners)d for owners, %(staff)d for staff, %(bulk)d for the background.") % {
        "owners": state.remaining,
        "staff": state.available_for_staff,
        "bulk": state.available_for_bulk,
    }
    used = _("%(used)d of %(limit)d used") % {"used": state.used, "limit": state.limit}
    return Line(label=label, value=used, more=left, link="admin:reconnects_batch_changelist")


def _spent(facts: Facts) -> Line:
    names = {
        "owners": _("owners"),
        "staff": _("staff"),
        "sync": _("reading all cars"),
        "background": _("other background work"),
    }
    spent = [(names[by], facts.rates.increase(f"spent.{by}", within=HOUR)) for by in SPENDERS]
    since = facts.rates.since(within=HOUR)
    return Line(
        label=_("Spent by whom"),
        value=", ".join(f"{name} {number:.0f}" for name, number in spent),
        more=_("Counted since %(when)s.") % {"when": moment(since)} if since else _("Not counted yet."),
        link="admin:reconnects_batch_changelist",
    )


def _queue(facts: Facts) -> Line:
    queue = facts.queue
    more = ngettext("%(count)d under way.", "%(count)d under way.", queue.running) % {"count": queue.running}
    if queue.cut_off:
        cut_off = ngettext(
            "%(count)d was cut off with its worker; what it was about is taken up again by itself.",
            "%(count)d were cut off with their worker; what they were about is taken up again by itself.",
            queue.cut_off,
        ) % {"count": queue.cut_off}
        more = f"{more} {cut_off}"
    value = ngettext("%(count)d due", "%(count)d due", queue.due) % {"count": queue.due}
    if queue.oldest_at is not None:
        value = _("%(due)s, the oldest for %(age)s") % {
            "due": value,
            "age": ago(facts.now - queue.oldest_at),
        }
    return Line(
        label=_("Background tasks"),
        value=value,
        more=more,
        link="admin:django_tasks_database_dbtaskresult_changelist",
        query="?status__exact=READY",
    )


def _processes(facts: Facts) -> Iterator[Line]:
    labels = {Kind.WEB: _("Web"), Kind.WORKER: _("Workers"), Kind.CLOCK: _("Clocks")}
    for kind in KINDS:
        rows = [row for row in facts.processes if row.kind == kind]
        alive = sum(row.is_alive(now=facts.now) for row in rows)
        seen = facts.last_seen[kind]
        told = _("last sign of life %(age)s ago") % {"age": ago(facts.now - seen)} if seen else ""
        running = ngettext("%(count)d runs", "%(count)d run", alive) % {"count": alive}
        yield Line(
            label=labels[kind],
            value=", ".join(filter(None, [running if alive else _("none runs"), told])),
            more=", ".join(f"{row.pk[:6]}: {ago(facts.now - row.seen_at)}" for row in rows[:10])
            if alive > 1
            else "",
            link="admin:operations_process_changelist",
            query=f"?kind__exact={kind.value}",
        )


def _jobs(facts: Facts) -> Line:
    failed = [job.name for job in facts.jobs if job.tries]
    return Line(
        label=_("Regular jobs"),
        value=_("failed last time: %(names)s") % {"names": ", ".join(failed)}
        if failed
        else _("all went well"),
        link="admin:operations_regularjob_changelist",
    )


def _mails(facts: Facts) -> Line:
    refused = facts.rates.increase("mails.refused", within=HOUR)
    accepted = facts.rates.increase("mails.accepted", within=HOUR)
    since = facts.rates.since(within=HOUR)
    return Line(
        label=_("E-mails refused"),
        value=_("%(refused)d of %(all)d") % {"refused": refused, "all": refused + accepted},
        more=_("Counted since %(when)s.") % {"when": moment(since)} if since else _("Not counted yet."),
        link="admin:accounts_sentmail_changelist",
        query="?is_accepted__exact=0",
    )
