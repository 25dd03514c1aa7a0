from django.db import migrations, models

from onboarding_portal.add_index import AddIndexBesideWriters


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('onboarding', '0005_counts_of_steps'),
    ]

    operations = [
        AddIndexBesideWriters(
            model_name='attempt',
            index=models.Index(fields=['make_id', '-started_at'], name='attempt_newest_of_make'),
        ),
    ]
