"""Sessions are Django's own from now on: who is signed in signs in once more."""

import uuid

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_session'),
    ]

    operations = [
        migrations.DeleteModel(
            name='Session',
        ),
        migrations.RenameField(
            model_name='user',
            old_name='ev_energy_claimed_until',
            new_name='ev_energy_creation_leased_until',
        ),
        migrations.AddField(
            model_name='user',
            name='session_nonce',
            field=models.UUIDField(default=uuid.uuid4, editable=False),
        ),
    ]
