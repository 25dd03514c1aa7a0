"""What a call with an Idempotency-Key was answered, for the same call sent again.

draft-ietf-httpapi-idempotency-key-header: a call that is repeated gets the first one's answer, and nothing is done a
second time. Answers hold links, which are secrets, so they are sealed.
"""

from datetime import datetime, timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.api.models.api_key import ApiKey

KEPT_FOR = timedelta(hours=24)
# A process that was killed at work leaves its row; after so long the same call may be tried again.
LOST_AFTER = timedelta(minutes=1)


class StoredAnswerQuerySet(models.QuerySet["StoredAnswer"]):
    def forgotten(self, *, now: datetime) -> "StoredAnswerQuerySet":
        """Those that count no more."""
        is_lost = models.Q(status=None, created_at__lte=now - LOST_AFTER)
        return self.filter(is_lost | models.Q(created_at__lte=now - KEPT_FOR))


class StoredAnswer(models.Model):
    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="+", db_index=False)
    name_hash = models.CharField(max_length=64)  # of the Idempotency-Key
    fingerprint = models.CharField(max_length=64)  # of method, path and body
    status = models.PositiveSmallIntegerField(null=True)  # None while the first call is at work
    sealed_body = models.TextField(blank=True, default="")
    created_at = models.DateTimeField(default=timezone.now)

    objects = StoredAnswerQuerySet.as_manager()

    class Meta:
        verbose_name = _("stored answer")
        verbose_name_plural = _("stored answers")
        constraints = [
            models.UniqueConstraint(fields=["key", "name_hash"], name="stored_answer_once_for_each_name")
        ]
        indexes = [models.Index(fields=["created_at"], name="stored_answer_created_at")]

    def __str__(self) -> str:
        return f"{self.key_id} {self.created_at:%H:%M:%S}"
