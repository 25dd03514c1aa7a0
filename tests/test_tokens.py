"""Links that are out in people's mailboxes go on working: their tokens are hashed as they always were."""

import pytest
from django.utils.crypto import salted_hmac

from onboarding_portal.tokens import hash_token


@pytest.mark.parametrize("purpose", ["accounts.invitation", "reconnects.lasting"])
def test_a_token_is_hashed_as_those_that_are_stored(purpose: str) -> None:
    stored = salted_hmac(f"onboarding_portal.{purpose}", "a-token", algorithm="sha256").hexdigest()

    assert hash_token("a-token", purpose=purpose) == stored
