"""What can be connected: makes, their models and the models' trims, as ev.energy lists them.

How far an owner must pick is decided by `onboardable`: ev.energy gives an `onboarding_url` for a make, model
or trim that is enough by itself, and none where the next step is needed. A trim without one cannot be connected.
"""

from collections.abc import Iterable
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.template.defaultfilters import floatformat
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.catalogue.help_text import HelpText
from onboarding_portal.catalogue.logo import MakeLogo
from onboarding_portal.catalogue.mark import colour_number, initials
from onboarding_portal.catalogue.unknown_search import UnknownSearch
from onboarding_portal.catalogue.words import search_words

__all__ = [
    "ID_LENGTH",
    "Entry",
    "HelpText",
    "Make",
    "MakeLogo",
    "Model",
    "Trim",
    "UnknownSearch",
    "car_name",
]

ID_LENGTH = 30  # four letters and a 26-character ULID


def car_name(*entries: "Entry | None") -> str:
    """Returns what people call a car, from its make down: "Volvo EX30", but "MG5 EV" where the model says it all."""
    names = [entry.name for entry in entries if entry is not None]
    if len(names) > 1 and names[1].casefold().startswith(names[0].casefold()):
        del names[0]
    return " ".join(names)


class MakeQuerySet(models.QuerySet["Make"]):
    def offered(self) -> "MakeQuerySet":
        """Those on offer, by name as people sort it: without regard to case and accents."""
        return self.filter(retired_at=None).order_by("search_words", "pk")

    def ids_by_name(self) -> dict[str, str]:
        """The ids of those on offer, by their names in lower case and by the ids themselves."""
        found = list(self.filter(retired_at=None).values_list("name", "pk"))
        return {pk.casefold(): pk for _name, pk in found} | {name.casefold(): pk for name, pk in found}

    def name_of(self, column: str) -> Subquery:
        """The name of the make whose id is in that column, inside another query."""
        return Subquery(self.filter(pk=OuterRef(column)).values("name")[:1])

    def has(self, make_id: str) -> bool:
        return self.filter(pk=make_id, retired_at=None).exists()


class ModelQuerySet(models.QuerySet["Model"]):
    def offered(self) -> "ModelQuerySet":
        return self.filter(retired_at=None, make__retired_at=None).order_by("search_words", "pk")

    def with_connectable(self) -> "ModelQuerySet":
        """Adds `is_connectable`: the model, its make or one of its trims can be onboarded."""
        return self.annotate(is_connectable=self._can_be_connected())

    def connectable(self) -> "ModelQuerySet":
        return self.filter(self._can_be_connected())

    @staticmethod
    def _can_be_connected() -> Q:
        trims = Trim.objects.filter(model=OuterRef("pk"), onboardable=True, retired_at=None)
        return Q(onboardable=True) | Q(make__onboardable=True) | Q(Exists(trims))


class TrimQuerySet(models.QuerySet["Trim"]):
    def offered(self) -> "TrimQuerySet":
        return self.filter(retired_at=None, model__retired_at=None, model__make__retired_at=None).order_by(
            "search_words", "pk"
        )


class Entry(models.Model):
    """What makes, models and trims share. What ev.energy no longer lists is retired, never deleted."""

    name = models.CharField(_("name"), max_length=200)
    onboardable = models.BooleanField(
        _("enough to connect"),
        default=False,
        help_text=_("ev.energy can connect a car by this choice alone."),
    )
    search_words = models.TextField(editable=False, default="")
    retired_at = models.DateTimeField(_("retired"), null=True, blank=True, db_index=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.name

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        """Search finds what a script stored by name, too; a sync, which writes many at once, sees to that itself."""
        self.search_words = search_words(*self.path_names)
        fields = None if update_fields is None else {*update_fields, "search_words"}
        super().save(update_fields=fields, **options)

    @property
    def path_names(self) -> list[str]:
        """The names from the make down to this."""
        return [self.name]


class Make(Entry):
    make_id = models.CharField(_("make id"), max_length=ID_LENGTH, primary_key=True)
    icon_url = models.URLField(_("logo"), max_length=500, blank=True, default="")
    subscription_name = models.CharField(
        _("subscription"),
        max_length=200,
        blank=True,
        default="",
        help_text=_("The manufacturer's service the owner needs before the car can be connected."),
    )

    # How many cars of this portal's owners are of it, as last counted.
    cars_count = models.PositiveIntegerField(_("cars"), default=0, db_default=0, editable=False)

    objects = MakeQuerySet.as_manager()

    class Meta:
        verbose_name = _("make")
        verbose_name_plural = _("makes")

    @property
    def initials(self) -> str:
        return initials(self.name)

    @property
    def colour_number(self) -> int:
        return colour_number(self.make_id)

    @property
    def logo_address(self) -> str:
        """Where its logo is served; "" if there is none."""
        logo = getattr(self, "logo", None)
        return logo.address if logo else ""


class Model(Entry):
    model_id = models.CharField(_("model id"), max_length=ID_LENGTH, primary_key=True)
    make = models.ForeignKey(Make, models.CASCADE, related_name="models", verbose_name=_("make"))

    objects = ModelQuerySet.as_manager()

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")

    @property
    def path_names(self) -> list[str]:
        return [*self.make.path_names, self.name]


class Trim(Entry):
    trim_id = models.CharField(_("trim id"), max_length=ID_LENGTH, primary_key=True)
    model = models.ForeignKey(Model, models.CASCADE, related_name="trims", verbose_name=_("model"))
    battery_size_wh = models.PositiveIntegerField(_("battery size (Wh)"), null=True, blank=True)

    objects = TrimQuerySet.as_manager()

    class Meta:
        verbose_name = _("trim")
        verbose_name_plural = _("trims")

    @property
    def path_names(self) -> list[str]:
        return [*self.model.path_names, self.name]

    @property
    def battery_note(self) -> str:
        """The battery's size for a list of trims; empty if it is not known or the name tells one already."""
        if self.battery_size_wh is None or "kwh" in self.name.lower():
            return ""
        return gettext("%(size)s kWh") % {"size": floatformat(self.battery_size_wh / 1000, -1)}
