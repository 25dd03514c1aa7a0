"""How long rows are kept that only grow in number. The table in docs/deploy.md says the same, and a test compares.

What hangs on a row goes with it: the steps of a reconnect, the cars an attempt brought.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.models import (
    AuditEntry,
    Erasure,
    Invitation,
    InvitationImport,
    InvitationImportRow,
    MailMinute,
    MailPause,
    OwnerSession,
    SentMail,
    SignIn,
    StaffSession,
    User,
)
from onboarding_portal.api.events.models import Event, Heard
from onboarding_portal.api.models import HandOver, StoredAnswer
from onboarding_portal.catalogue.models import UnknownSearch
from onboarding_portal.consents.models import Consent
from onboarding_portal.insights.models import DailyCount
from onboarding_portal.onboarding.models import Attempt, AttemptState, StepCount
from onboarding_portal.operations.engine.alarms import Alarm
from onboarding_portal.operations.engine.samples import Sample
from onboarding_portal.reconnects.models import (
    FINAL_STATES,
    AheadMail,
    Batch,
    HelperLink,
    LastingLink,
    PolicyChoice,
    Reconnect,
)
from onboarding_portal.timing import HISTORY
from onboarding_portal.vehicles.make_outage import MakeOutage, UsualDay
from onboarding_portal.vehicles.models import ByHand, StaleEpisode, SyncRun, SyncState, Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Rows that are too old once they are `after` past the moment the query compares with.

    `oldest_first` is the order in which they go: that of an index, where there is one.
    """

    name: str
    after: timedelta
    rows: Callable[[datetime], QuerySet[Any]]
    oldest_first: str = "pk"


RULES = [
    Rule(
        name="sessions past their end",
        after=timedelta(0),
        rows=lambda before: Session.objects.filter(expire_date__lt=before),
        oldest_first="expire_date",
    ),
    Rule(
        name="sessions of staff past their end",
        after=timedelta(0),
        rows=lambda before: StaffSession.objects.filter(ends_at__lt=before),
        oldest_first="ends_at",
    ),
    Rule(
        name="devices of owners past their end",
        after=timedelta(0),
        rows=lambda before: OwnerSession.objects.filter(ends_at__lt=before),
        oldest_first="ends_at",
    ),
    Rule(
        name="minutes of paced e-mails",
        after=timedelta(days=1),
        rows=lambda before: MailMinute.objects.filter(minute__lt=before),
        oldest_first="minute",
    ),
    Rule(
        name="answers kept for calls that are repeated",
        after=timedelta(days=1),
        rows=lambda before: StoredAnswer.objects.filter(created_at__lt=before),
        oldest_first="created_at",
    ),
    Rule(
        name="lines of files of invitations",
        after=timedelta(days=1),
        rows=lambda before: InvitationImportRow.objects.filter(source__created_at__lt=before),
    ),
    Rule(
        name="files of invitations nobody confirmed",
        after=timedelta(days=1),
        rows=lambda before: InvitationImport.objects.filter(confirmed_at=None, created_at__lt=before),
        oldest_first="created_at",
    ),
    Rule(
        name="ids of webhooks heard",
        after=timedelta(days=1),
        rows=lambda before: Heard.objects.filter(at__lt=before),
        oldest_first="at",
    ),
    Rule(
        name="tasks that did their work",
        after=timedelta(days=2),
        rows=lambda before: DBTaskResult.objects.filter(
            status=TaskResultStatus.SUCCESSFUL, finished_at__lt=before
        ),
    ),
    Rule(
        name="owners who never entered a code",
        after=timedelta(days=7),
        rows=lambda before: User.objects.never_used().filter(joined_at__lt=before),
        oldest_first="joined_at",
    ),
    Rule(
        name="tasks that failed",
        after=timedelta(days=14),
        rows=lambda before: DBTaskResult.objects.filter(
            status=TaskResultStatus.FAILED, finished_at__lt=before
        ),
    ),
    Rule(
        name="tasks whose worker was killed",
        after=timedelta(days=14),
        rows=lambda before: DBTaskResult.objects.filter(
            status=TaskResultStatus.RUNNING, started_at__lt=before
        ),
    ),
    Rule(
        name="events, with their deliveries",
        after=timedelta(days=30),
        rows=lambda before: Event.objects.filter(at__lt=before),
        oldest_first="at",
    ),
    Rule(
        name="wrong passwords of staff",
        after=timedelta(days=30),
        rows=lambda before: AccessAttempt.objects.filter(attempt_time__lt=before),
    ),
    Rule(
        name="sign-ins and sign-outs",
        after=timedelta(days=30),
        rows=lambda before: AccessLog.objects.filter(attempt_time__lt=before),
    ),
    Rule(
        name="invitations that ran out unused",
        after=timedelta(days=90),
        rows=lambda before: Invitation.objects.filter(accepted_at=None, expires_at__lt=before),
    ),
    Rule(
        name="e-mailed links of reconnects that ended",
        after=timedelta(days=90),
        rows=lambda before: LastingLink.objects.filter(
            reconnect__state__in=FINAL_STATES, reconnect__ended_at__lt=before
        ),
    ),
    Rule(
        name="links of helpers that ran out",
        after=timedelta(days=90),
        rows=lambda before: HelperLink.objects.filter(expires_at__lt=before),
        oldest_first="expires_at",
    ),
    Rule(
        name="finished readings of all vehicles",
        after=timedelta(days=90),
        rows=lambda before: SyncRun.objects.exclude(state=SyncState.RUNNING).filter(started_at__lt=before),
        oldest_first="started_at",
    ),
    Rule(
        name="samples of the counts",
        after=timedelta(days=2),
        rows=lambda before: Sample.objects.filter(at__lt=before),
        oldest_first="at",
    ),
    Rule(
        name="alarms that are over",
        after=timedelta(days=90),
        rows=lambda before: Alarm.objects.filter(ended_at__lt=before),
    ),
    Rule(
        name="what was usual in the past",
        after=timedelta(days=90),
        rows=lambda before: UsualDay.objects.filter(day__lt=before.date()),
    ),
    Rule(
        name="sign-ins of owners",
        after=timedelta(days=90),
        rows=lambda before: SignIn.objects.filter(at__lt=before),
        oldest_first="at",
    ),
    Rule(
        name="searches without a result",
        after=timedelta(days=90),
        rows=lambda before: UnknownSearch.objects.filter(day__lt=before.date()),
    ),
    Rule(
        name="hand-overs of owners",
        after=timedelta(days=90),
        rows=lambda before: HandOver.objects.filter(created_at__lt=before),
        oldest_first="created_at",
    ),
    Rule(
        name="attempts to connect a car that came to nothing",
        after=timedelta(days=90),
        rows=lambda before: Attempt.objects.exclude(state=AttemptState.CONNECTED).filter(
            started_at__lt=before
        ),
        oldest_first="started_at",
    ),
    Rule(
        name="attempts that connected a car",
        after=HISTORY,
        rows=lambda before: Attempt.objects.filter(state=AttemptState.CONNECTED, started_at__lt=before),
        oldest_first="started_at",
    ),
    Rule(
        name="reconnects that ended",
        after=HISTORY,
        rows=lambda before: Reconnect.objects.filter(state__in=FINAL_STATES, ended_at__lt=before),
        oldest_first="ended_at",
    ),
    Rule(
        name="files of invitations",
        after=HISTORY,
        rows=lambda before: InvitationImport.objects.filter(created_at__lt=before),
        oldest_first="created_at",
    ),
    Rule(
        name="choices of the policy",
        after=HISTORY,
        rows=lambda before: PolicyChoice.objects.filter(chosen_at__lt=before),
        oldest_first="chosen_at",
    ),
    Rule(
        name="e-mails sent before a connection breaks",
        after=HISTORY,
        rows=lambda before: AheadMail.objects.filter(chosen_at__lt=before),
        oldest_first="chosen_at",
    ),
    Rule(
        name="batches without a reconnect left",
        after=HISTORY,
        rows=lambda before: Batch.objects.filter(reconnects=None, created_at__lt=before),
    ),
    Rule(
        name="past troubles at manufacturers",
        after=HISTORY,
        rows=lambda before: MakeOutage.objects.filter(lifted_at__lt=before),
    ),
    Rule(
        name="daily counts",
        after=HISTORY,
        rows=lambda before: DailyCount.objects.filter(day__lt=before.date()),
    ),
    Rule(
        name="counts of steps to a connected car",
        after=HISTORY,
        rows=lambda before: StepCount.objects.filter(day__lt=before.date()),
    ),
    Rule(
        name="stale episodes that are over",
        after=HISTORY,
        rows=lambda before: StaleEpisode.objects.filter(ended_at__lt=before),
        oldest_first="ended_at",
    ),
    Rule(
        name="cars that are gone at ev.energy",
        after=HISTORY,
        rows=lambda before: Vehicle.objects.filter(removed_at__lt=before),
    ),
    Rule(
        name="consents given again, or of owners without a car",
        after=HISTORY,
        rows=lambda before: Consent.objects.no_longer_needed(before=before),
        oldest_first="said_at",
    ),
    Rule(
        name="mails sent",
        after=HISTORY,
        rows=lambda before: SentMail.objects.filter(at__lt=before),
        oldest_first="at",
    ),
    Rule(
        name="pauses of all mail that ended",
        after=HISTORY,
        rows=lambda before: MailPause.objects.filter(ended_at__lt=before),
    ),
    Rule(
        name="what was handled by hand and ended",
        after=HISTORY,
        rows=lambda before: ByHand.objects.filter(ended_at__lt=before),
    ),
    Rule(
        name="acts of staff and owners' histories",
        after=HISTORY,
        rows=lambda before: LogEntry.objects.filter(action_time__lt=before),
    ),
    Rule(
        name="the audit log",
        after=HISTORY,
        rows=lambda before: AuditEntry.objects.filter(at__lt=before),
        oldest_first="at",
    ),
    Rule(
        name="that somebody was erased",
        after=HISTORY,
        rows=lambda before: Erasure.objects.filter(erased_at__lt=before),
        oldest_first="erased_at",
    ),
]
