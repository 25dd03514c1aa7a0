"""Finding owners by what staff type: an id at ev.energy, any part of an address, any part of a name.

On PostgreSQL an index of trigrams finds parts of three letters and more (`trigram_index.py`); shorter words are
looked for at the beginning, where the plain index has them. SQLite reads all owners.
"""

import re

from django.db.models import Q

from onboarding_portal.accounts.models import User
from onboarding_portal.addresses import address_to_look_up
from onboarding_portal.ev_energy.ids import is_user_id

SHORTEST_PART = 3
# So many owners are told to the database one by one; a word that fits more is a part of the query.
FEW = 1000


def as_id(term: str) -> str:
    """What was typed as ev.energy writes its ids: four small letters, then capitals."""
    word = re.sub(r"[\x00\s]", "", term)
    return word[:4].lower() + word[4:].upper()


def owners_matching(term: str, *, prefix: str = "") -> Q:
    """The condition on users, or with a `prefix` on rows that lead to one."""
    text = " ".join(term.replace("\x00", "").split())
    if is_user_id(as_id(text)):
        return Q(**{f"{prefix}ev_energy_user_id": as_id(text)})
    address = address_to_look_up(text)
    if len(text) < SHORTEST_PART:
        return Q(**{f"{prefix}email__startswith": address})
    part = Q(**{f"{prefix}email__contains": address}) | Q(**{f"{prefix}email__contains": text.lower()})
    return part | Q(**{f"{prefix}name__icontains": text})


def rows_of_owners_matching(term: str, *, owner: str) -> Q:
    """The condition on rows whose `owner` matches: by keys while they are few, which reads the rows’ own index."""
    keys = list(User.objects.filter(owners_matching(term)).values_list("pk", flat=True)[: FEW + 1])
    if len(keys) <= FEW:
        return Q(**{f"{owner}__in": keys})
    return owners_matching(term, prefix=f"{owner}__")
