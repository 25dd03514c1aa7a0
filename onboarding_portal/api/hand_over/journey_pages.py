"""Which pages belong to a hand-over's journey: the whole list. Everything else asks for a sign-in."""

from django.urls import ResolverMatch, reverse

from onboarding_portal.api.models import HandOver, Journey

# Pages on which nothing of the owner's is shown but what they choose now.
CHOOSING = frozenset(
    {
        "onboarding:makes",
        "onboarding:at_ev_energy",
        "onboarding:make",
        "onboarding:model",
        "onboarding:trim",
        "onboarding:start",
        "onboarding:preparing",
        "onboarding:waitlist",
    }
)
BACK_FROM_CONNECTING = "onboarding:return"
# Pages of the one car.
OF_THE_CAR = frozenset({"vehicles:detail", "reconnects:start"})


def is_of_journey(hand_over: HandOver, match: ResolverMatch) -> bool:
    """Whether the owner may open the page by the hand-over. One query for a return, none for the others."""
    name = match.view_name
    if hand_over.journey == Journey.RECONNECT:
        return name in OF_THE_CAR and match.kwargs.get("vehicle_id") == hand_over.vehicle_id
    if name == BACK_FROM_CONNECTING:
        return hand_over.attempts.filter(pk=match.kwargs["attempt_id"]).exists()
    return name in CHOOSING


def is_where_owners_come_back(hand_over: HandOver, match: ResolverMatch) -> bool:
    """Whether the page is one that ev.energy's redirect leads to in the end."""
    name = BACK_FROM_CONNECTING if hand_over.journey == Journey.CONNECT else "vehicles:detail"
    return match.view_name == name and is_of_journey(hand_over, match)


def first_page(hand_over: HandOver) -> str:
    """Where the journey begins, as far as the company's site has chosen already."""
    if hand_over.journey == Journey.RECONNECT and hand_over.vehicle_id:
        return reverse("vehicles:detail", args=[hand_over.vehicle_id])
    ids = [each for each in (hand_over.make_id, hand_over.model_id, hand_over.trim_id) if each]
    return reverse(f"onboarding:{('makes', 'make', 'model', 'trim')[len(ids)]}", args=ids)
