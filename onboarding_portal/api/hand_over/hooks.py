"""What the rooms below tell of."""

from onboarding_portal.api.hand_over.browser import note_attempt, note_reconnect
from onboarding_portal.onboarding.departure import left_to_connect
from onboarding_portal.reconnects.owner.leaving import asked_by_owner


def hook_in() -> None:
    left_to_connect.connect(note_attempt, dispatch_uid="hand_over")
    asked_by_owner.connect(note_reconnect, dispatch_uid="hand_over")
