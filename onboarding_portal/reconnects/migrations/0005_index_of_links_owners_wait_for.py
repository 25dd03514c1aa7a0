from django.db import migrations, models

from onboarding_portal.add_index import AddIndexBesideWriters


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconnects', '0004_link_an_owner_waits_for'),
    ]

    operations = [
        AddIndexBesideWriters(
            model_name='reconnect',
            index=models.Index(condition=models.Q(('link_wanted_at__isnull', False)), fields=['link_wanted_at'], name='reconnect_link_wanted'),
        ),
    ]
