"""How many owners see the page of makes and pick one, day by day: counts without a person.

What they do from then on stands in attempts. An owner counts once for each day, step and make in one sign-in.
"""

from datetime import date, datetime

from django.db import models
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.catalogue.models import ID_LENGTH, UnknownSearch

_NOTED = "onboarding_steps"
# In one session on one day: who picks more makes than this is not somebody who looks for their car.
MOST_NOTED = 20


class Step(models.TextChoices):
    SEEN = "SEEN", _("Saw the makes")
    PICKED = "PICKED", _("Picked a car")


class StepCountQuerySet(models.QuerySet["StepCount"]):
    def add(self, *, day: date, step: Step, make_id: str) -> None:
        row = {"day": day, "step": step, "make_id": make_id}
        if not self.filter(**row).update(count=F("count") + 1):
            self.bulk_create([StepCount(**row, count=0)], ignore_conflicts=True)
            self.filter(**row).update(count=F("count") + 1)


class StepCount(models.Model):
    day = models.DateField(_("day"))
    step = models.CharField(_("step"), max_length=6, choices=Step)
    make_id = models.CharField(_("make id"), max_length=ID_LENGTH, blank=True, default="")
    count = models.PositiveIntegerField(_("how many"), default=0)

    objects = StepCountQuerySet.as_manager()

    class Meta:
        verbose_name = _("count of a step")
        verbose_name_plural = _("counts of steps")
        constraints = [
            models.UniqueConstraint(fields=["day", "step", "make_id"], name="step_count_once_for_each_day")
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.step} {self.make_id}".rstrip()


def note_step(request: HttpRequest, step: Step, *, make_id: str = "", now: datetime) -> None:
    """Counts the step, unless this session has taken it today."""
    day = timezone.localdate(now, timezone.get_default_timezone())
    if is_first(request, f"{step} {make_id}", day=day):
        StepCount.objects.add(day=day, step=step, make_id=make_id)


def note_unknown_search(request: HttpRequest, query: str, *, now: datetime) -> None:
    """Counts what was searched for in vain, once for each session and day."""
    day = timezone.localdate(now, timezone.get_default_timezone())
    if is_first(request, f"? {query[:40]}", day=day):
        UnknownSearch.objects.note(query, day=day)


def is_first(request: HttpRequest, what: str, *, day: date) -> bool:
    """Whether this session has not done `what` on the day; it is noted, up to a bound."""
    noted_on, *noted = request.session.get(_NOTED, [""])
    noted = noted if noted_on == day.isoformat() else []
    if what in noted or len(noted) >= MOST_NOTED:
        return False
    request.session[_NOTED] = [day.isoformat(), *noted, what]
    return True
