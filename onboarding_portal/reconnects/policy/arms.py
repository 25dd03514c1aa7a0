"""By chance, and the same chance each time: which arm a car is in follows from the car and its break alone.

No version, worker or second try changes it, and nobody can try again for another answer.
"""

from datetime import UTC, datetime
from hashlib import sha256

from onboarding_portal.reconnects.models import Arm, Trial

ONE_IN = 10
_ARM_OF = {Trial.HELD_BACK: Arm.HELD_BACK, Trial.LATER: Arm.LATER}


def arm_of(*, vehicle_id: str, stale_since: datetime, trial: Trial) -> Arm:
    if trial == Trial.NONE or _draw(vehicle_id, stale_since) % ONE_IN:
        return Arm.MAIN
    return _ARM_OF[trial]


def _draw(vehicle_id: str, stale_since: datetime) -> int:
    drawn = sha256(f"{vehicle_id} {stale_since.astimezone(UTC).isoformat()}".encode())
    return int.from_bytes(drawn.digest()[:8])
