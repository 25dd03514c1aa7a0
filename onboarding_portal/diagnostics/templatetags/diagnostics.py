"""Times on the log pages."""

from datetime import datetime
from typing import Any

from django import template

from onboarding_portal.diagnostics.reader_time import Clock, clock

register = template.Library()


@register.inclusion_tag("admin/diagnostics/_moment.html", takes_context=True)
def moment(context: dict[str, Any], at: datetime) -> dict[str, Clock]:
    """`{% moment row.at %}`: the time in the reader's zone (`zone` in the context) with UTC beside it."""
    return {"clock": clock(at, zone=context["zone"])}
