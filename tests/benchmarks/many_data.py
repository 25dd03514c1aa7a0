"""A file of invitations, read, checked and confirmed."""

import time
import tracemalloc

from django.utils import timezone

from onboarding_portal.accounts.invitations import importing
from onboarding_portal.accounts.models import Invitation, User


def file_in(*, rows: int, bad: int) -> dict[str, float]:
    lines = [f"guest{n}@example{n % 50}.com;Guest {n};de;Make 7;from the fair" for n in range(rows - bad)] + [
        f"no address {n};Guest {n};;;" for n in range(bad)
    ]
    content = "\n".join(["E-mail;Name;Sprache;Marke;Notiz", *lines]).encode()
    staff, now = User.objects.get(email="staff@example.com"), timezone.now()
    tracemalloc.start()
    started = time.perf_counter()
    source = importing.store_file(content=content, file_name="owners.csv", by=staff, now=now)
    importing.confirm(source=source, also_known=False, by=staff, now=now)
    return {
        "seconds": time.perf_counter() - started,
        "peak": tracemalloc.get_traced_memory()[1],
        "invited": Invitation.objects.count(),
    }
