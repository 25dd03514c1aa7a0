from django import template

from onboarding_portal.consents.text import VERSION

register = template.Library()


@register.simple_tag
def consent_version() -> str:
    """The version of the text the page shows, for the form that says yes to it."""
    return VERSION
