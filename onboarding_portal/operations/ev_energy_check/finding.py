"""What `check_ev_energy` says of one thing."""

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    RIGHT = "ok"
    WRONG = "FIX"  # must be fixed
    OPEN = "?"  # cannot be told from here, or is as somebody may want it


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    verdict: Verdict
    subject: str
    text: str
