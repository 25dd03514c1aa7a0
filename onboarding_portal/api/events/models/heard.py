"""Which of ev.energy's webhooks were heard already: their ids alone, kept for as long as a replay would be taken."""

from django.db import models


class Heard(models.Model):
    message_id = models.CharField(max_length=100, primary_key=True)
    at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.message_id
