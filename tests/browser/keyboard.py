"""A visitor with a keyboard and nothing else: what has the focus is seen, and Enter presses it."""

from playwright.sync_api import Locator, Page

MOST_TABS = 80
# An outline, on the element itself or on what it makes tappable around it.
HAS_RING = """each => [null, "::after"].some((part) => {
  const style = getComputedStyle(each, part);
  return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
})"""
IS_IN_SIGHT = """each => {
  const box = each.getBoundingClientRect();
  return box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
}"""


def tab_to(page: Page, wanted: Locator) -> None:
    """Presses Tab until it has the focus. Whatever has it on the way can be seen to have it."""
    wanted.wait_for()
    for _ in range(MOST_TABS):
        page.keyboard.press("Tab")
        focused = page.evaluate_handle("document.activeElement").as_element()
        assert focused
        if focused.evaluate("each => each !== document.body"):
            what = focused.evaluate("each => each.outerHTML.slice(0, 120)")
            assert focused.evaluate(HAS_RING), f"The focus is not seen on {what}"
            assert focused.evaluate(IS_IN_SIGHT), f"The focus is out of sight on {what}"
        if wanted.evaluate("each => each === document.activeElement"):
            return
    raise AssertionError(f"Tab does not come to {wanted}")


def press(page: Page, wanted: Locator) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def type_into(page: Page, wanted: Locator, text: str) -> None:
    """Tabs to the field unless it has the focus already, types, and sends the form."""
    wanted.wait_for()
    if not wanted.evaluate("each => each === document.activeElement"):
        tab_to(page, wanted)
    page.keyboard.type(text)
    page.keyboard.press("Enter")
