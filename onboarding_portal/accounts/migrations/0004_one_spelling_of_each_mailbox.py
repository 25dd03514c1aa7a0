"""Addresses are stored in one spelling. Where that would make one user of two, both stay, and are named.

The ids at ev.energy are taken to belong to the credentials in force now.
"""

from django.conf import settings
from django.db import migrations, models

from onboarding_portal.addresses import CannotBeMailed, normalize_address


def normalize_addresses(apps, schema_editor):
    alias = schema_editor.connection.alias
    users = apps.get_model("accounts", "User").objects.using(alias)
    invitations = apps.get_model("accounts", "Invitation").objects.using(alias)
    for pk, address in _to_change(users):
        if address is None or users.filter(email=address).exists():
            print(f"\n  User {pk} keeps an address that is another user's mailbox, or cannot be mailed.", end="")
        else:
            users.filter(pk=pk).update(email=address)
    for pk, address in _to_change(invitations):
        if address is not None:
            invitations.filter(pk=pk).update(email=address)


def _to_change(rows):
    """Pairs of key and new address; None where there is none. The whole list first: it is changed meanwhile."""
    changes = []
    for pk, email in rows.order_by("pk").values_list("pk", "email").iterator():
        try:
            address = normalize_address(email)
        except CannotBeMailed:
            address = None
        if address != email:
            changes.append((pk, address))
    return changes


def remember_credentials(apps, schema_editor):
    users = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    linked = users.exclude(ev_energy_user_id=None)
    linked.update(ev_energy_client_id=settings.EV_ENERGY_CLIENT_ID)


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_sessions_of_django'),
    ]

    operations = [
        migrations.AddField(
            model_name='user',
            name='ev_energy_client_id',
            field=models.CharField(blank=True, default='', editable=False, max_length=200),
        ),
        migrations.AddField(
            model_name='user',
            name='cars_due_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name='user',
            index=models.Index(condition=models.Q(('cars_due_at__isnull', False)), fields=['cars_due_at'], name='user_cars_due'),
        ),
        migrations.RunPython(normalize_addresses, migrations.RunPython.noop),
        migrations.RunPython(remember_credentials, migrations.RunPython.noop),
    ]
