from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('reconnects', '0005_index_of_links_owners_wait_for'),
    ]

    operations = [
        migrations.AddField(
            model_name='reconnect',
            name='at_once',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name='reconnect',
            name='waits_for',
            field=models.CharField(blank=True, choices=[('HOURS', 'The hours for mail where its reader lives'), ('TURN', 'Its turn: so many e-mails in a minute')], db_default='', default='', editable=False, max_length=5, verbose_name='waits for'),
        ),
    ]
