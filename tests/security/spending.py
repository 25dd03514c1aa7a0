"""What requests make the portal spend."""

from dataclasses import dataclass, fields

from django.apps import apps
from django.core import mail
from django_tasks_db.models import DBTaskResult

from tests.accounts.hashes import counted
from tests.ev_energy_api import EvEnergyApi


@dataclass(frozen=True, kw_only=True)
class Spent:
    """Calls to ev.energy, e-mails, rows of any table, background tasks, hashes of passwords."""

    calls: int = 0
    mails: int = 0
    rows: int = 0
    tasks: int = 0
    hashes: int = 0

    def since(self, before: "Spent") -> "Spent":
        return Spent(**{name: getattr(self, name) - getattr(before, name) for name in NAMES})

    def over(self, most: "Spent") -> dict[str, int]:
        """What is more than `most`."""
        return {name: getattr(self, name) for name in NAMES if getattr(self, name) > getattr(most, name)}


NAMES = [each.name for each in fields(Spent)]


def spent(api: EvEnergyApi) -> Spent:
    """Everything so far. Rows of tasks are counted as tasks."""
    tasks = DBTaskResult.objects.count()
    return Spent(
        calls=len(api.requests),
        mails=len(mail.outbox),
        rows=sum(model._default_manager.count() for model in apps.get_models() if not model._meta.proxy)
        - tasks,
        tasks=tasks,
        hashes=len(counted),
    )
