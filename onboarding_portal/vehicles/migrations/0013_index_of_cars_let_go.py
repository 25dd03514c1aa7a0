from django.db import migrations, models

from onboarding_portal.add_index import AddIndexBesideWriters


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("vehicles", "0012_let_go")]

    operations = [
        AddIndexBesideWriters(
            model_name="vehicle",
            index=models.Index(
                condition=models.Q(("leaving_due_at__isnull", False)),
                fields=["leaving_due_at"],
                name="vehicle_leaving_due",
            ),
        ),
    ]
