"""A process of its own that makes reconnect links as background work does: `python -m tests.ev_energy.spender`.

Reads from the environment SPENDER_DATABASE (Django's settings of the database, as JSON), SPENDER_URL, SPENDER_LINKS,
SPENDER_RESERVE and SPENDER_WINDOW. Prints nothing; ends with status 0 when all links are made.
"""

import json
import os
import time

import django
from django.conf import settings

from tests.ev_energy_answers import an_id


def configure() -> None:
    url = os.environ["SPENDER_URL"]
    settings.configure(
        SECRET_KEY="for-tests-only",
        USE_TZ=True,
        DATABASES={"default": json.loads(os.environ["SPENDER_DATABASE"])},
        CACHES={
            "default": {
                "BACKEND": "django.core.cache.backends.db.DatabaseCache",
                "LOCATION": "portal_cache",
            }
        },
        EV_ENERGY_API_URL=f"{url}/v2",
        EV_ENERGY_TOKEN_URL=f"{url}/o/token/",
        EV_ENERGY_CLIENT_ID="spender",
        EV_ENERGY_CLIENT_SECRET="secret",
        EV_ENERGY_NEXT_CLIENT_SECRET="",
        EV_ENERGY_CONNECT_TIMEOUT_SECONDS=3,
        EV_ENERGY_READ_TIMEOUT_SECONDS=5,
        EV_ENERGY_RESERVED_REQUESTS=int(os.environ["SPENDER_RESERVE"]),
        EV_ENERGY_RATE_WINDOW_SECONDS=float(os.environ["SPENDER_WINDOW"]),
    )
    django.setup()


def spend() -> None:
    from onboarding_portal.ev_energy.client import get_client  # noqa: PLC0415  as above
    from onboarding_portal.ev_energy.errors import BudgetExhausted  # noqa: PLC0415  as above
    from onboarding_portal.ev_energy.priority import Priority, priority  # noqa: PLC0415  needs settings

    done = 0
    while done < int(os.environ["SPENDER_LINKS"]):
        try:
            with priority(Priority.BULK):
                get_client().create_reconnect_link(vehicle_id=an_id("vhcl", done))
            done += 1
        except BudgetExhausted as exhausted:
            time.sleep(exhausted.retry_after or 0.1)


if __name__ == "__main__":
    configure()
    if os.environ.get("SPENDER_PREPARES"):
        from django.core.management import call_command

        call_command("createcachetable", verbosity=0)
    else:
        spend()
