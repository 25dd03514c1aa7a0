"""The company's pictures, from files of the machine: looked at and written anew, so that nothing comes along."""

import io
import re
from dataclasses import dataclass
from pathlib import Path

LARGEST_FILE = 256 * 1024
LARGEST_SIDE = 1024  # pixels
PNG = b"\x89PNG\r\n\x1a\n"
SIDES = re.compile(
    rb"<svg[^>]*\bviewBox\s*=\s*[\"']\s*"
    + rb"[-+.0-9]+[\s,]+" * 2
    + rb"(\d*\.?\d+)[\s,]+(\d*\.?\d+)\s*[\"']",
    re.IGNORECASE,
)


class NotUsable(ValueError):
    """The file cannot be shown; the message says why, as the end of a sentence that begins with its setting."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """`width` and `height` in pixels, or in what an SVG counts."""

    data: bytes
    suffix: str
    width: float
    height: float

    @property
    def content_type(self) -> str:
        return "image/svg+xml" if self.suffix == "svg" else "image/png"


def read_picture(path: str) -> Picture:
    """The picture without scripts, comments, places and programs it was made with. Raises NotUsable."""
    try:
        with Path(path).open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError):
        raise NotUsable("names no file that can be read") from None
    if len(data) > LARGEST_FILE:
        raise NotUsable(f"names a file of more than {LARGEST_FILE // 1024} KB")
    return picture_in(data)


def picture_in(data: bytes) -> Picture:
    """The same for what was read already. Raises NotUsable."""
    return _png(data) if data.startswith(PNG) else _svg(data)


def as_small_as(picture: Picture, *, height: int) -> bytes:
    """A PNG that is no higher than so many pixels, from a PNG."""
    from PIL import Image  # noqa: PLC0415  22 MB that portals without a logo of this kind do not load

    with Image.open(io.BytesIO(picture.data)) as image:
        image.thumbnail((LARGEST_SIDE, height))
        out = io.BytesIO()
        image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _png(data: bytes) -> Picture:
    from PIL import Image  # noqa: PLC0415  22 MB that portals without a logo of this kind do not load

    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            if max(image.size) > LARGEST_SIDE:
                raise NotUsable(f"names a picture of more than {LARGEST_SIDE} pixels a side")
            width, height = image.size
            out = io.BytesIO()
            image.convert("RGBA").save(out, "PNG", optimize=True)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, NotUsable):
            raise
        raise NotUsable("names a PNG that is damaged") from None
    return Picture(data=out.getvalue(), suffix="png", width=width, height=height)


def _svg(data: bytes) -> Picture:
    from py_svg_hush import filter_svg  # noqa: PLC0415  only portals with an SVG load it

    try:
        clean = filter_svg(data)
    except ValueError:
        raise NotUsable("names a file that is neither a PNG nor an SVG") from None
    sides = SIDES.search(clean)
    width, height = (float(side) for side in sides.groups()) if sides else (0, 0)
    if not width or not height:
        raise NotUsable("names an SVG without a viewBox, which has no size")
    return Picture(data=clean, suffix="svg", width=width, height=height)
