"""What can be wrong with the engine: one table. Names and words are those of the rules for Prometheus
(`operations/metrics/alerts.yml`), which a test compares; so are the lengths of time and the shares.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.operations.engine.facts import Facts
from onboarding_portal.operations.engine.moments import ago, moment
from onboarding_portal.vehicles.sync_standing import why_it_stands

RUNBOOK = "docs/runbook.md"
# Known to Prometheus alone: whoever does not answer cannot say so.
NOT_KNOWN_HERE = {"PortalUnreachable"}

FIVE_MINUTES, TEN_MINUTES, QUARTER = timedelta(minutes=5), timedelta(minutes=10), timedelta(minutes=15)
PAGES_FAIL_SHARE, PAGES_FAIL_MOST = 0.05, 5
PAGES_SLOW_SHARE, PAGES_SLOW_LEAST = 0.05, 20
QUEUE_LATE_AFTER = timedelta(minutes=5)
JOB_FAILURES = 3
JOB_LATE_AFTER = timedelta(minutes=10)
READING_LATE_AFTER = timedelta(minutes=30)  # beside twice the time a reading takes
CALLS_FAIL_SHARE, CALLS_FAIL_MOST = 0.2, 5
BUDGET_LEAST_SHARE = 0.02
MAILS_REFUSED_SHARE, MAILS_REFUSED_MOST = 0.2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """That a condition holds, for what, with figures. Nothing of an owner, no secret: it is mailed and posted."""

    about: str = ""
    facts: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """`link` is the admin's page with the list behind it. `summary` may have %(about)s."""

    name: str
    summary: Promise
    do: Promise
    link: str
    find: Callable[[Facts], Iterable[Finding]]

    @property
    def runbook(self) -> str:
        return f"{RUNBOOK}#{self.name.lower()}"

    def in_words(self, about: str) -> str:
        return str(self.summary) % {"about": about}


def _cache_unreadable(facts: Facts) -> Iterator[Finding]:
    if not facts.budget.is_known:
        yield Finding(about="cache", facts=gettext("The cache does not answer."))


def _pages_fail(facts: Facts) -> Iterator[Finding]:
    failed = facts.rates.increase("requests.5xx", within=FIVE_MINUTES)
    share = facts.rates.share("requests.5xx", "requests", within=FIVE_MINUTES)
    if share > PAGES_FAIL_SHARE and failed > PAGES_FAIL_MOST:
        yield Finding(
            facts=gettext("%(share)d %% of the answers of the last 5 minutes.") % {"share": 100 * share}
        )


def _pages_slow(facts: Facts) -> Iterator[Finding]:
    answered = facts.rates.increase("owners", within=TEN_MINUTES)
    slow = 1 - facts.rates.share("owners.fast", "owners", within=TEN_MINUTES)
    if answered >= PAGES_SLOW_LEAST and slow > PAGES_SLOW_SHARE:
        yield Finding(
            facts=gettext("%(share)d %% of owners' pages in the last 10 minutes.") % {"share": 100 * slow}
        )


def _process_missing(facts: Facts) -> Iterator[Finding]:
    for kind in facts.missing_kinds:
        seen = facts.last_seen(kind)
        told = (
            gettext("Last seen %(when)s.") % {"when": moment(seen)}
            if seen
            else gettext("None was seen within 10 minutes.")
        )
        yield Finding(about=kind.value, facts=told)


def _queue_late(facts: Facts) -> Iterator[Finding]:
    oldest = facts.queue.oldest_at
    if oldest is not None and facts.now - oldest > QUEUE_LATE_AFTER:
        told = gettext("%(count)d tasks are due, the oldest for %(age)s.")
        yield Finding(facts=told % {"count": facts.queue.due, "age": ago(facts.now - oldest)})


def _regular_work_late(facts: Facts) -> Iterator[Finding]:
    for job in facts.jobs:
        if job.tries >= JOB_FAILURES:
            told = gettext("Failed %(tries)d times in a row: %(why)s")
            yield Finding(about=job.name, facts=told % {"tries": job.tries, "why": job.failure})
        elif facts.now - job.next_at > JOB_LATE_AFTER:
            told = gettext("Due since %(when)s, and nobody does it.")
            yield Finding(about=job.name, facts=told % {"when": moment(job.next_at)})
    age = facts.sync.age
    if age.complete_at is not None and facts.now - age.complete_at > 2 * age.every + READING_LATE_AFTER:
        told = gettext("The last complete reading of all cars ended %(when)s.")
        yield Finding(about="all cars", facts=told % {"when": moment(age.complete_at)})


def _sync_stands_still(facts: Facts) -> Iterator[Finding]:
    run = facts.sync.running
    if run is not None and run.stands_still(now=facts.now):
        missing = frozenset(kind.value for kind in facts.missing_kinds)
        told = gettext("No page since %(since)s. %(why)s")
        yield Finding(
            facts=told % {"since": moment(run.progressed_at), "why": why_it_stands(run, missing=missing)}
        )


def _calls_fail(facts: Facts) -> Iterator[Finding]:
    failed = facts.rates.increase("calls.failed", within=TEN_MINUTES)
    share = facts.rates.share("calls.failed", "calls", within=TEN_MINUTES)
    if share > CALLS_FAIL_SHARE and failed > CALLS_FAIL_MOST:
        told = gettext("%(failed)d calls of the last 10 minutes, %(share)d %%.")
        yield Finding(facts=told % {"failed": failed, "share": 100 * share})


def _budget_short(facts: Facts) -> Iterator[Finding]:
    state = facts.budget
    refused = facts.rates.increase("calls.429", within=QUARTER)
    if not state.is_known:
        return
    if state.remaining < BUDGET_LEAST_SHARE * state.limit:
        told = gettext("%(left)d of %(limit)d requests of the hour are left.")
        yield Finding(facts=told % {"left": state.remaining, "limit": state.limit})
    elif refused:
        told = gettext("ev.energy has refused %(count)d calls of the last 15 minutes with a 429.")
        yield Finding(facts=told % {"count": refused})


def _mails_refused(facts: Facts) -> Iterator[Finding]:
    refused = facts.rates.increase("mails.refused", within=QUARTER)
    share = facts.rates.share("mails.refused", "mails", within=QUARTER)
    if share > MAILS_REFUSED_SHARE and refused > MAILS_REFUSED_MOST:
        told = gettext("%(refused)d e-mails of the last 15 minutes, %(share)d %%.")
        yield Finding(facts=told % {"refused": refused, "share": 100 * share})


CONDITIONS = [
    Condition(
        name="PortalRecordsUnreadable",
        summary=_("The database or the cache cannot be read."),
        do=_("Look at PostgreSQL and the cache first; the portal goes on by itself once they are back."),
        link="admin:operations_process_changelist",
        find=_cache_unreadable,
    ),
    Condition(
        name="PortalPagesFail",
        summary=_("More than one answer in twenty is an error of ours."),
        do=_("Look for ERROR lines in the log, by page; roll back if they began with a release."),
        link="admin:operations_process_changelist",
        find=_pages_fail,
    ),
    Condition(
        name="PortalPagesSlow",
        summary=_("One owner in twenty waits for longer than 2.5 seconds."),
        do=_("See whether ev.energy or the database is slow; if neither is, add web processes."),
        link="admin:operations_process_changelist",
        find=_pages_slow,
    ),
    Condition(
        name="PortalProcessMissing",
        summary=_("No process of this kind gives a sign of life: %(about)s."),
        do=_("Start it, or find in its log why it ends."),
        link="admin:operations_process_changelist",
        find=_process_missing,
    ),
    Condition(
        name="PortalQueueLate",
        summary=_("A background task has waited for longer than five minutes."),
        do=_(
            "See that workers run and what they do; add workers, unless the request budget is what is missing."
        ),
        link="admin:django_tasks_database_dbtaskresult_changelist",
        find=_queue_late,
    ),
    Condition(
        name="PortalRegularWorkLate",
        summary=_("A job of the clock fails again and again, or cars were not read for far too long."),
        do=_("Read why in the admin under regular jobs and sync runs; it is tried again by itself."),
        link="admin:operations_regularjob_changelist",
        find=_regular_work_late,
    ),
    Condition(
        name="PortalSyncStandsStill",
        summary=_("The reading of all cars is under way and makes no progress."),
        do=_("Read why in the admin under sync runs; it goes on by itself once the reason is gone."),
        link="admin:vehicles_syncrun_changelist",
        find=_sync_stands_still,
    ),
    Condition(
        name="PortalEvEnergyFails",
        summary=_("More than one call in five to ev.energy fails."),
        do=_("Run check_ev_energy, which tells credentials, scopes and outages apart; tell ev.energy."),
        link="admin:operations_regularjob_changelist",
        find=_calls_fail,
    ),
    Condition(
        name="PortalBudgetShort",
        summary=_(
            "Hardly a request to ev.energy is left for owners, or ev.energy has refused one with a 429."
        ),
        do=_("See who spends it, stop bulk work; ask ev.energy for a higher limit if it is ordinary growth."),
        link="admin:reconnects_batch_changelist",
        find=_budget_short,
    ),
    Condition(
        name="PortalMailsRefused",
        summary=_("The mail server refuses e-mails; owners get no codes and cannot sign in."),
        do=_(
            "Send a test mail with the same EMAIL_URL; look at its password, its quota and the sender's domain."
        ),
        link="admin:reconnects_reconnect_changelist",
        find=_mails_refused,
    ),
]
BY_NAME = {condition.name: condition for condition in CONDITIONS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrong:
    """One thing that is wrong now."""

    condition: Condition
    finding: Finding

    @property
    def key(self) -> tuple[str, str]:
        return self.condition.name, self.finding.about


def what_is_wrong(facts: Facts) -> list[Wrong]:
    """In the order of the table."""
    return [
        Wrong(condition=condition, finding=finding)
        for condition in CONDITIONS
        for finding in condition.find(facts)
    ]
