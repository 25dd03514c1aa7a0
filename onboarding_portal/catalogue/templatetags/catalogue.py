from django import template

from onboarding_portal.catalogue.help import Help, help_for
from onboarding_portal.catalogue.models import Make

register = template.Library()


@register.simple_tag(name="help_for")
def _help_for(make: Make | str | None) -> list[Help]:
    """Help before signing in at this make's; takes the make or its id."""
    if isinstance(make, str):
        make = Make.objects.filter(pk=make).first() if make else None
    return help_for(make or None)
