"""What staff add to the help owners get before they sign in at the manufacturer."""

from django.core.validators import URLValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Topic(models.TextChoices):
    PASSWORD = "PASSWORD", _("I forgot my password")
    FAMILY = "FAMILY", _("Whose account do I need?")
    ASLEEP = "ASLEEP", _("My car is asleep")
    SUBSCRIPTION = "SUBSCRIPTION", _("Do I need a subscription?")


class HelpTextQuerySet(models.QuerySet["HelpText"]):
    def fitting(self, *, make_id: str, language: str) -> "HelpTextQuerySet":
        """Those for the make and for all makes, in the language and in any."""
        return self.filter(Q(make=make_id) | Q(make=None), language__in=["", language])


class HelpText(models.Model):
    """Replaces the portal's own words on a topic: for one make or all, in one language or all."""

    make = models.ForeignKey(
        "catalogue.Make",
        models.CASCADE,
        null=True,
        blank=True,
        related_name="help_texts",
        verbose_name=_("make"),
        help_text=_("Empty for all makes."),
    )
    topic = models.CharField(_("topic"), max_length=12, choices=Topic)
    language = models.CharField(
        _("language"), max_length=10, blank=True, default="", help_text=_("Empty for all languages.")
    )
    text = models.TextField(_("text"), max_length=400, help_text=_("Two sentences say it best."))
    link = models.URLField(
        _("link"),
        max_length=300,
        blank=True,
        default="",
        validators=[URLValidator(schemes=["https"])],
        help_text=_("Must begin with https://."),
    )

    objects = HelpTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("help for owners")
        verbose_name_plural = _("help for owners")
        constraints = [
            models.UniqueConstraint(fields=["make", "topic", "language"], name="help_once_for_each_make"),
            models.UniqueConstraint(
                fields=["topic", "language"], condition=Q(make=None), name="help_once_for_all_makes"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.make or ''} {self.get_topic_display()} {self.language}".strip()
