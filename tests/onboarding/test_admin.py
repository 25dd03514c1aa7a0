import pytest
from django.test import Client

from tests.factories import make_attempt, make_staff, make_trim

pytestmark = pytest.mark.django_db


def test_staff_read_names_of_what_was_picked_and_ids_where_the_catalogue_has_none(client: Client) -> None:
    trim = make_trim("Twin Motor")
    attempt = make_attempt(make_id=trim.model.make_id, model_id=trim.model_id, trim_id="gone00")
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")

    for address in ("", f"{attempt.pk}/change/"):
        page = client.get(f"/admin/onboarding/attempt/{address}").content.decode()

        assert all(words in page for words in ("Volvo", "EX30", "gone00"))
        assert trim.model.make_id not in page
