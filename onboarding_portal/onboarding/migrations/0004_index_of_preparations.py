from django.db import migrations, models

from onboarding_portal.add_index import AddIndexBesideWriters


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('onboarding', '0003_one_task_for_each_attempt'),
    ]

    operations = [
        AddIndexBesideWriters(
            model_name='attempt',
            index=models.Index(condition=models.Q(('user_due_at__isnull', False)), fields=['user_due_at'], name='attempt_user_due'),
        ),
    ]
