"""An errand of staff's, with each click counted: six are enough for any."""

from django.contrib.auth.models import Group
from playwright.sync_api import Locator, Page

from tests.factories import make_staff

MOST = 6
PASSWORD = "a-long-staff-password"


class Errand:
    """A colleague at the desk. `group` is the key of a ready-made one; "" for none."""

    def __init__(self, page: Page, origin: str, *, group: str) -> None:
        self.page, self.origin, self.clicks = page, origin, 0
        self.colleague = make_staff(password=PASSWORD)
        if group:
            self.colleague.groups.add(Group.objects.get(ready_made__key=group))

    def sign_in(self) -> None:
        """Which is no part of the errand. Ends on the first page."""
        self.page.goto(f"{self.origin}/admin/")
        self.page.locator("[name=username]").fill(self.colleague.email)
        self.page.locator("[name=password]").fill(PASSWORD)
        self.page.locator("[type=submit]").click()
        self.page.wait_for_load_state()

    def click(self, what: Locator) -> None:
        self.clicks += 1
        assert self.clicks <= MOST
        what.click()
        self.page.wait_for_load_state()
