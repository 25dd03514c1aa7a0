"""What can be wrong with the engine: one table. Names and words are those of the rules for Prometheus
(`operations/metrics/alerts.yml`), which a test compares; so are the lengths of time and the shares.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding_portal.operations.engine import findings
from onboarding_portal.operations.engine.facts import Facts
from onboarding_portal.operations.engine.findings import Finding

RUNBOOK = "docs/runbook.md"
# Known to Prometheus alone: whoever does not answer cannot say so.
NOT_KNOWN_HERE = {"PortalUnreachable"}


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


CONDITIONS = [
    Condition(
        name="PortalRecordsUnreadable",
        summary=_("The database or the cache cannot be read."),
        do=_("Look at PostgreSQL and the cache first; the portal goes on by itself once they are back."),
        link="admin:operations_process_changelist",
        find=findings.cache_unreadable,
    ),
    Condition(
        name="PortalPagesFail",
        summary=_("More than one answer in twenty is an error of ours."),
        do=_("Look for ERROR lines in the log, by page; roll back if they began with a release."),
        link="admin:operations_process_changelist",
        find=findings.pages_fail,
    ),
    Condition(
        name="PortalPagesSlow",
        summary=_("One owner in twenty waits for longer than 2.5 seconds."),
        do=_("See whether ev.energy or the database is slow; if neither is, add web processes."),
        link="admin:operations_process_changelist",
        find=findings.pages_slow,
    ),
    Condition(
        name="PortalProcessMissing",
        summary=_("No process of this kind gives a sign of life: %(about)s."),
        do=_("Start it, or find in its log why it ends."),
        link="admin:operations_process_changelist",
        find=findings.process_missing,
    ),
    Condition(
        name="PortalQueueLate",
        summary=_("A background task has waited for longer than five minutes."),
        do=_(
            "See that workers run and what they do; add workers, unless the request budget is what is missing."
        ),
        link="admin:django_tasks_database_dbtaskresult_changelist",
        find=findings.queue_late,
    ),
    Condition(
        name="PortalRegularWorkLate",
        summary=_("A job of the clock fails again and again, or cars were not read for far too long."),
        do=_("Read why in the admin under regular jobs and sync runs; it is tried again by itself."),
        link="admin:operations_regularjob_changelist",
        find=findings.regular_work_late,
    ),
    Condition(
        name="PortalSyncStandsStill",
        summary=_("The reading of all cars is under way and makes no progress."),
        do=_("Read why in the admin under sync runs; it goes on by itself once the reason is gone."),
        link="admin:vehicles_syncrun_changelist",
        find=findings.sync_stands_still,
    ),
    Condition(
        name="PortalEvEnergyFails",
        summary=_("More than one call in five to ev.energy fails."),
        do=_("Run check_ev_energy, which tells credentials, scopes and outages apart; tell ev.energy."),
        link="admin:operations_regularjob_changelist",
        find=findings.calls_fail,
    ),
    Condition(
        name="PortalBudgetShort",
        summary=_(
            "Hardly a request to ev.energy is left for owners, or ev.energy has refused one with a 429."
        ),
        do=_("See who spends it, stop bulk work; ask ev.energy for a higher limit if it is ordinary growth."),
        link="admin:reconnects_batch_changelist",
        find=findings.budget_short,
    ),
    Condition(
        name="PortalMailsRefused",
        summary=_("The mail server refuses e-mails; owners get no codes and cannot sign in."),
        do=_(
            "Send a test mail with the same EMAIL_URL; look at its password, its quota and the sender's domain."
        ),
        link="admin:accounts_sentmail_changelist",
        find=findings.mails_refused,
    ),
    Condition(
        name="PortalEventsNotTaken",
        summary=_("Events do not reach the company’s systems."),
        do=_("Read under deliveries what they answer; once they are well, send again what was given up."),
        link="admin:events_endpoint_changelist",
        find=findings.events_not_taken,
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
