from django.db import migrations, models

from onboarding_portal.add_index import AddIndexBesideWriters


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('accounts', '0009_invitations_from_files_and_paced_mail'),
    ]

    operations = [
        AddIndexBesideWriters(
            model_name='invitation',
            index=models.Index(fields=['source', 'mail_due_at'], name='invitation_source'),
        ),
        AddIndexBesideWriters(
            model_name='invitation',
            index=models.Index(condition=models.Q(('mail_due_at__isnull', False)), fields=['mail_due_at'], name='invitation_mail_due'),
        ),
    ]
