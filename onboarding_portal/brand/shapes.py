"""How round corners are, and in which letters the pages are written: fonts the reader's machine has, none is fetched.

The stacks are those of modernfontstacks.com. Each ends with the machine's own font, which knows letters that are not
Latin.
"""

LARGEST_RADIUS = 24  # pixels
RADIUS = 12

FONTS = {
    "system": 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", sans-serif',
    "humanist": 'Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", source-sans-pro, system-ui, sans-serif',
    "geometric": 'Avenir, Montserrat, Corbel, "URW Gothic", source-sans-pro, system-ui, sans-serif',
    "rounded": 'ui-rounded, "Hiragino Maru Gothic ProN", Quicksand, Comfortaa, Manjari, "Arial Rounded MT", '
    "Calibri, source-sans-pro, system-ui, sans-serif",
    "serif": 'Charter, "Bitstream Charter", "Sitka Text", Cambria, Georgia, serif',
}


def shapes(*, radius: int, font: str) -> dict[str, str]:
    """What the stylesheets know by these names: corners of cards and of what stands in them, the font."""
    return {"radius": f"{radius / 16:g}rem", "radius-small": f"{radius / 24:.4g}rem", "font": FONTS[font]}
