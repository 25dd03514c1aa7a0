import django.db.models.deletion
import django.utils.timezone
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0008_access'),
    ]

    operations = [
        migrations.AddField(
            model_name='invitation',
            name='language',
            field=models.CharField(blank=True, db_default='', default='', max_length=10, verbose_name='language'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='mail_due_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='e-mail due'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='mail_tries',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, editable=False, verbose_name='tries'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='mailed_at',
            field=models.DateTimeField(editable=False, null=True, verbose_name='e-mailed'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='make_id',
            field=models.CharField(blank=True, db_default='', default='', max_length=40, verbose_name='make'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='name',
            field=models.CharField(blank=True, db_default='', default='', max_length=100, verbose_name='name'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='note',
            field=models.CharField(blank=True, db_default='', default='', max_length=500, verbose_name='note'),
        ),
        migrations.AddField(
            model_name='invitation',
            name='waits_for',
            field=models.CharField(blank=True, choices=[('HOURS', 'The hours for mail where its reader lives'), ('TURN', 'Its turn: so many e-mails in a minute')], db_default='', default='', editable=False, max_length=5, verbose_name='waits for'),
        ),
        migrations.CreateModel(
            name='InvitationImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('token', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('file_name', models.CharField(max_length=200, verbose_name='file')),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, verbose_name='sent in')),
                ('confirmed_at', models.DateTimeField(null=True, verbose_name='confirmed')),
                ('stopped_at', models.DateTimeField(null=True, verbose_name='stopped')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='sent in by')),
            ],
            options={
                'verbose_name': 'file of invitations',
                'verbose_name_plural': 'files of invitations',
            },
        ),
        migrations.AddField(
            model_name='invitation',
            name='source',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='invitations', to='accounts.invitationimport', verbose_name='from'),
        ),
        migrations.CreateModel(
            name='InvitationImportRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('line', models.PositiveIntegerField(verbose_name='line')),
                ('kind', models.CharField(choices=[('NEW', 'To be invited'), ('WRONG', 'With errors'), ('REPEATED', 'In the file before'), ('INVITED', 'Has an open invitation'), ('KNOWN', 'Has an account, without a car'), ('CONNECTED', 'Has an account with a car')], max_length=9, verbose_name='what becomes of it')),
                ('cells', models.JSONField(verbose_name='cells')),
                ('problems', models.JSONField(default=list, verbose_name='errors')),
                ('email', models.CharField(blank=True, max_length=254, verbose_name='e-mail address')),
                ('name', models.CharField(blank=True, max_length=100, verbose_name='name')),
                ('language', models.CharField(blank=True, max_length=10, verbose_name='language')),
                ('make_id', models.CharField(blank=True, max_length=40, verbose_name='make')),
                ('note', models.CharField(blank=True, max_length=500, verbose_name='note')),
                ('source', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='accounts.invitationimport')),
            ],
            options={
                'verbose_name': 'line of a file of invitations',
                'verbose_name_plural': 'lines of files of invitations',
            },
        ),
        migrations.CreateModel(
            name='MailMinute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('domain', models.CharField(blank=True, max_length=254, verbose_name='domain')),
                ('minute', models.DateTimeField(verbose_name='minute')),
                ('sent', models.PositiveIntegerField(default=0, verbose_name='sent')),
                ('promised', models.PositiveIntegerField(default=0, verbose_name='put off until then')),
            ],
            options={
                'verbose_name': 'minute of mail',
                'verbose_name_plural': 'minutes of mail',
                'indexes': [models.Index(fields=['minute'], name='mail_minute_minute')],
                'constraints': [models.UniqueConstraint(fields=('domain', 'minute'), name='mail_minute_of_domain')],
            },
        ),
        migrations.AddIndex(
            model_name='invitationimport',
            index=models.Index(fields=['created_at'], name='invitation_import_created_at'),
        ),
        migrations.AddIndex(
            model_name='invitationimportrow',
            index=models.Index(fields=['source', 'kind', 'line'], name='invitation_import_kind'),
        ),
        migrations.AddConstraint(
            model_name='invitationimportrow',
            constraint=models.UniqueConstraint(fields=('source', 'line'), name='invitation_import_line'),
        ),
    ]
