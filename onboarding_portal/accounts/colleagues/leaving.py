"""A colleague leaves: their sessions end at once, nothing they have opens anything, and their work is nobody's."""

from django.db import transaction
from django.dispatch import Signal

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.models import StaffSession, User

# Sent in the transaction, with `colleague` and `by`: rooms above give back what was the colleague's.
colleague_left = Signal()


def leave(*, colleague: User, by: User, why: str) -> None:
    """Their account stays, switched off, so that what they did keeps its author."""
    with transaction.atomic():
        colleague.is_active = False
        colleague.save(update_fields=["is_active"])  # ends sessions and mailed links
        colleague.second_factors.all().delete()
        StaffSession.objects.filter(user=colleague).end()
        record(act=Act.COLLEAGUE_LEFT, actor=by, about=about(colleague), why=why)
        colleague_left.send(sender=User, colleague=colleague, by=by)


def reset_second_factor(*, colleague: User, by: User, why: str) -> None:
    """They sign in with the password alone, or set another one up, and everything they had open is closed."""
    with transaction.atomic():
        colleague.second_factors.all().delete()
        colleague.end_sessions()
        StaffSession.objects.filter(user=colleague).end()
        record(act=Act.SECOND_FACTOR_RESET, actor=by, about=about(colleague), why=why)


def end_sessions(*, colleague: User, by: User, session_key: str = "") -> int:
    """Ends one session, or all where none is named; returns how many."""
    rows = StaffSession.objects.filter(user=colleague)
    with transaction.atomic():
        if not session_key:
            colleague.end_sessions()
        ended = (rows.filter(pk=session_key) if session_key else rows).end()
        act = Act.SESSION_ENDED if session_key else Act.SIGNED_OUT_EVERYWHERE
        record(act=act, actor=by, about=about(colleague))
    return ended
