"""What owners searched for and the catalogue does not have: words and counts, no person."""

import re
from datetime import date

from django.db import models
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from onboarding_portal.catalogue.words import words

# Words of makes and models. What looks like an address, a number plate or a telephone number is not noted.
MOST_WORDS = 3
LONGEST_WORDS = 40
# Different searches of one day; the others of that day are dropped.
MOST_OF_A_DAY = 200
_IS_NAME = re.compile(r"[a-z]{2,20}")
_IS_NUMBER = re.compile(r"[a-z]?[0-9]{1,2}[a-z]?|[a-z]")


class UnknownSearchQuerySet(models.QuerySet["UnknownSearch"]):
    def note(self, query: str, *, day: date) -> bool:
        """Counts a search that found nothing; returns whether it could be one for a car, and was counted."""
        found = words(query)
        text = " ".join(found)
        if "@" in query or not 0 < len(found) <= MOST_WORDS or len(text) > LONGEST_WORDS:
            return False
        if not _IS_NAME.fullmatch(found[0]) or not all(map(_is_of_a_car, found)):
            return False
        rows = self.filter(day=day, words=text)
        if rows.update(count=F("count") + 1):
            return True
        if self.filter(day=day).count() >= MOST_OF_A_DAY:
            return False
        self.bulk_create([UnknownSearch(day=day, words=text, count=0)], ignore_conflicts=True)
        return bool(rows.update(count=F("count") + 1))

    def most_wanted(self, *, since: date, at_most: int) -> list[tuple[str, int]]:
        """The words with how often they were searched for since that day, the most first."""
        counted = self.filter(day__gte=since).order_by().values_list("words").annotate(times=Sum("count"))
        return list(counted.order_by("-times", "words")[:at_most])


def _is_of_a_car(word: str) -> bool:
    return bool(_IS_NAME.fullmatch(word) or _IS_NUMBER.fullmatch(word))


class UnknownSearch(models.Model):
    day = models.DateField(_("day"))
    words = models.CharField(_("words"), max_length=LONGEST_WORDS)
    count = models.PositiveIntegerField(_("times"), default=0)

    objects = UnknownSearchQuerySet.as_manager()

    class Meta:
        verbose_name = _("search without a result")
        verbose_name_plural = _("searches without a result")
        constraints = [models.UniqueConstraint(fields=["day", "words"], name="unknown_search_once_a_day")]

    def __str__(self) -> str:
        return self.words
