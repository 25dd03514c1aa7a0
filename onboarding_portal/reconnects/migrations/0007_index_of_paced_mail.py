from django.conf import settings
from django.db import migrations, models

from onboarding_portal.add_index import AddIndexBesideWriters


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('reconnects', '0006_paced_mail'),
        ('vehicles', '0005_smart_charging_names_and_outages'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        AddIndexBesideWriters(
            model_name='reconnect',
            index=models.Index(condition=models.Q(('waits_for', ''), _negated=True), fields=['waits_for'], name='reconnect_waits_for'),
        ),
    ]
