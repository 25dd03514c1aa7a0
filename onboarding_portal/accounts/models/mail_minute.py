"""How many paced e-mails each minute has. Counted in rows, so that all workers count together."""

from datetime import datetime

from django.db import models
from django.db.models import F, Max, Q
from django.utils.translation import gettext_lazy as _


class WaitsFor(models.TextChoices):
    """Why an e-mail that is due has not gone out."""

    HOURS = "HOURS", _("The hours for mail where its reader lives")
    TURN = "TURN", _("Its turn: so many e-mails in a minute")


class MailMinuteQuerySet(models.QuerySet["MailMinute"]):
    # Queries

    def last_full(self, *, most: dict[str, int], after: datetime) -> datetime | None:
        """The last minute that is promised full to one of the domains; None if there is none."""
        is_full = Q()
        for domain, at_most in most.items():
            is_full |= Q(domain=domain, promised__gte=at_most)
        last: datetime | None = self.filter(is_full, minute__gt=after).aggregate(last=Max("minute"))["last"]
        return last

    # Mutators

    def take(self, *, domain: str, minute: datetime, at_most: int) -> bool:
        """Counts one e-mail; False if the minute has as many as it may. Exact, however many take at once."""
        free = self.filter(domain=domain, minute=minute, sent__lt=at_most)
        if free.update(sent=F("sent") + 1):
            return True
        _row, is_new = self.get_or_create(domain=domain, minute=minute, defaults={"sent": 1})
        return is_new or bool(free.update(sent=F("sent") + 1))

    def give_back(self, *, domain: str, minute: datetime) -> None:
        self.filter(domain=domain, minute=minute, sent__gt=0).update(sent=F("sent") - 1)

    def promise(self, *, domain: str, minute: datetime) -> None:
        """Notes that one e-mail was put off until then, so that the next ones are put off further."""
        self.get_or_create(domain=domain, minute=minute)
        self.filter(domain=domain, minute=minute).update(promised=F("promised") + 1)


class MailMinute(models.Model):
    """The paced e-mails of one minute to one receiving domain; to all of them where `domain` is empty."""

    domain = models.CharField(_("domain"), max_length=254, blank=True)
    minute = models.DateTimeField(_("minute"))
    sent = models.PositiveIntegerField(_("sent"), default=0)
    promised = models.PositiveIntegerField(_("put off until then"), default=0)

    objects = MailMinuteQuerySet.as_manager()

    class Meta:
        verbose_name = _("minute of mail")
        verbose_name_plural = _("minutes of mail")
        constraints = [models.UniqueConstraint(fields=["domain", "minute"], name="mail_minute_of_domain")]
        indexes = [models.Index(fields=["minute"], name="mail_minute_minute")]

    def __str__(self) -> str:
        return f"{self.domain or '*'} {self.minute:%Y-%m-%d %H:%M}"
