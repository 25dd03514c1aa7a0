"""Where the engine hooks into rooms below: once, when the apps are ready."""

from typing import cast

from django.contrib import admin

from onboarding_portal import at_work
from onboarding_portal.accounts.staff.site import StaffAdminSite
from onboarding_portal.insights import panels
from onboarding_portal.operations.engine.page import context, engine
from onboarding_portal.operations.metrics.processes import Process


def hook_in() -> None:
    cast("StaffAdminSite", admin.site).add_page("engine/", engine, name="engine")
    panels.add(0, "admin/engine/_wrong.html", context)
    panels.add(40, "admin/engine/_lines.html", context)
    at_work.answer_with(lambda now: Process.objects.missing(now=now))
