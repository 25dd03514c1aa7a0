"""Ten codes on paper, for the day the phone is lost. Shown once, stored as keyed hashes, each good once."""

from datetime import datetime

from django.db import transaction
from django.utils.crypto import get_random_string

from onboarding_portal.accounts.models import FactorKind, SecondFactor, User
from onboarding_portal.tokens import hash_token, token_hashes

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"
LENGTH = 10  # 43 bits
AMOUNT = 10
HASHED_FOR = "accounts.recovery_code"


def make(*, user: User, now: datetime) -> list[str]:
    """Returns new codes as they are to be written down; those before are dead."""
    codes = [get_random_string(LENGTH, LETTERS) for _ in range(AMOUNT)]
    with transaction.atomic():
        user.second_factors.filter(kind=FactorKind.RECOVERY).delete()
        SecondFactor.objects.bulk_create(
            SecondFactor(user=user, kind=FactorKind.RECOVERY, sealed=_hash(user, code), created_at=now)
            for code in codes
        )
    return [f"{code[: LENGTH // 2]}-{code[LENGTH // 2 :]}" for code in codes]


def accept(*, user: User, code: str) -> bool:
    """Whether this is one of the user's codes; it is gone then."""
    typed = "".join(letter for letter in code.upper() if letter.isalpha())
    hashes = token_hashes(f"{user.pk}:{typed}", purpose=HASHED_FOR)
    deleted, _of_each = user.second_factors.filter(kind=FactorKind.RECOVERY, sealed__in=hashes).delete()
    return deleted == 1


def left(*, user: User) -> int:
    return user.second_factors.filter(kind=FactorKind.RECOVERY).count()


def _hash(user: User, code: str) -> str:
    return hash_token(f"{user.pk}:{code}", purpose=HASHED_FOR)
