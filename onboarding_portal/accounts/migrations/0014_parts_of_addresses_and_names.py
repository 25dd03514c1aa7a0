from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import migrations
from django.db.models.functions import Upper

from onboarding_portal.trigram_index import AddTrigramIndexes


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("accounts", "0013_sign_ins_and_merged_accounts"),
    ]

    operations = [
        AddTrigramIndexes(
            "user",
            [
                GinIndex(OpClass("email", name="gin_trgm_ops"), name="user_email_parts"),
                GinIndex(OpClass(Upper("name"), name="gin_trgm_ops"), name="user_name_parts"),
            ],
        ),
    ]
