"""Logos of makes, kept here: ev.energy says where they are, browsers get them from the portal's own origin."""

from typing import Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _


class MakeLogoQuerySet(models.QuerySet["MakeLogo"]):
    def shown(self) -> Self:
        return self.exclude(digest="")


class MakeLogo(models.Model):
    """What came of asking for a make's logo at `source_url`: a picture, or why there is none."""

    make = models.OneToOneField(
        "catalogue.Make", models.CASCADE, primary_key=True, related_name="logo", verbose_name=_("make")
    )
    source_url = models.URLField(_("address"), max_length=500)
    asked_at = models.DateTimeField(_("asked for"))
    trouble = models.CharField(_("trouble"), max_length=200, blank=True, default="")
    # Of the picture as it is served; "" where there is none.
    digest = models.CharField(max_length=64, blank=True, default="", editable=False, db_index=True)
    suffix = models.CharField(max_length=3, blank=True, default="", editable=False)
    picture = models.BinaryField(default=bytes, editable=False)

    objects = MakeLogoQuerySet.as_manager()

    class Meta:
        verbose_name = _("logo of a make")
        verbose_name_plural = _("logos of makes")

    def __str__(self) -> str:
        return self.source_url

    @property
    def address(self) -> str:
        """Where it is served; "" if there is none. The address changes with the picture."""
        return reverse("make_logo", args=[self.digest, self.suffix]) if self.digest else ""
