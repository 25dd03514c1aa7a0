"""What runs the portal knows of a person: background tasks name the car or the attempt they are for."""

from typing import Any

from django.db.models import Q, QuerySet
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.held import Held, Person, PersonalData
from onboarding_portal.onboarding.models import Attempt

NO_ARGUMENTS: dict[str, Any] = {"args": [], "kwargs": {}}


def _tasks(person: Person) -> QuerySet[Any]:
    attempts = [str(pk) for pk in Attempt.objects.filter(owner=person.user_id).values_list("pk", flat=True)]
    named = [*person.vehicle_ids, *attempts]
    return DBTaskResult.objects.filter(
        Q(args_kwargs__args__0__in=named) | Q(args_kwargs__args__0=person.user_id)
    )


def _erase_tasks(rows: QuerySet[Any], person: Person) -> int:
    """One that runs at this moment is its worker's to end; it has read its arguments already."""
    running = rows.filter(status=TaskResultStatus.RUNNING)
    pks = list(running.values_list("pk", flat=True))
    count = rows.count()
    rows.exclude(pk__in=pks).delete()
    DBTaskResult.objects.filter(pk__in=pks).update(args_kwargs=NO_ARGUMENTS)
    return count


class OperationsPersonalData(PersonalData):
    room = "operations"
    height = 90
    held = (
        Held(
            model=DBTaskResult,
            rows=_tasks,
            because="it is work on the rows above, named by their ids",
            erase=_erase_tasks,
        ),
    )
