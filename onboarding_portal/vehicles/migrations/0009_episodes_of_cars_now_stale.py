"""Opens an episode for each car that is stale now. When earlier ones were, nobody has written down."""

from django.db import migrations

CHUNK = 1000


def open_episodes(apps, schema_editor):
    Vehicle = apps.get_model("vehicles", "Vehicle")
    StaleEpisode = apps.get_model("vehicles", "StaleEpisode")
    rows = []
    for car in Vehicle.objects.exclude(stale_since=None).order_by("pk").iterator(chunk_size=CHUNK):
        rows.append(
            StaleEpisode(
                vehicle_id=car.pk,
                make_id=car.make_id,
                integration=car.integration,
                reason=car.stale_reason,
                cause=car.cause,
                connected_since=car.connected_at,
                started_at=car.stale_since,
                lost_at=car.stale_since if car.stale_reason == "CONNECTION_LOST" else None,
            )
        )
    StaleEpisode.objects.bulk_create(rows, batch_size=CHUNK, ignore_conflicts=True)


class Migration(migrations.Migration):

    dependencies = [
        ("vehicles", "0008_stale_episodes"),
    ]

    operations = [
        migrations.RunPython(open_episodes, migrations.RunPython.noop, elidable=True),
    ]
