"""The face in force: what the settings say, made ready to be shown, once in a process."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache

from django.conf import settings

from onboarding_portal.brand.colours import Scheme, schemes
from onboarding_portal.brand.pictures import Picture, as_small_as, read_picture
from onboarding_portal.brand.shapes import shapes

PREFIX = "/brand/"
LOGO_HEIGHT = 32  # pixels
# Where there are two: the one for the reader's scheme. What is not shown is not fetched, as it loads lazily.
ONE_LOGO_AT_A_TIME = """.logo-dark { display: none; }
@media (prefers-color-scheme: dark) { .logo-light { display: none; } .logo-dark { display: inline; } }
[data-theme="light"] .logo-light, [data-theme="dark"] .logo-dark { display: inline; }
[data-theme="light"] .logo-dark, [data-theme="dark"] .logo-light { display: none; }
"""
BOLT = "M18 5 8.5 18H15l-1 9 9.5-13H17z"


@dataclass(frozen=True, kw_only=True)
class File:
    """What is served. Its address has the hash of what is in it, so it may be kept for ever."""

    url: str
    data: bytes
    content_type: str

    @cached_property
    def zipped(self) -> bytes:
        return gzip.compress(self.data, mtime=0)


@dataclass(frozen=True, kw_only=True)
class Logo:
    """`width` and `height` are in the page, so that nothing moves when the picture is there."""

    file: File
    picture: Picture

    @property
    def height(self) -> int:
        return LOGO_HEIGHT

    @property
    def width(self) -> int:
        return max(1, round(LOGO_HEIGHT * self.picture.width / self.picture.height))


@dataclass(frozen=True, kw_only=True)
class Logos:
    """On light pages and on dark ones; the same where the company has one."""

    light: Logo
    dark: Logo

    @property
    def are_two(self) -> bool:
        return self.light != self.dark


@dataclass(frozen=True, kw_only=True)
class Face:
    """`logos` are none where the portal's own mark is shown. `light` and `dark` are the colours by their names."""

    light: Scheme
    dark: Scheme
    colours: File
    favicon: File
    logos: Logos | None

    @cached_property
    def mail_logo(self) -> bytes | None:
        """A small PNG. None without a logo, and for an SVG, which most mail programs do not show."""
        if self.logos is None or self.logos.light.picture.suffix == "svg":
            return None
        return as_small_as(self.logos.light.picture, height=2 * LOGO_HEIGHT)  # screens have two dots a pixel

    @cached_property
    def files(self) -> dict[str, File]:
        logos = [self.logos.light.file, self.logos.dark.file] if self.logos else []
        return {file.url: file for file in (self.colours, self.favicon, *logos)}


def face() -> Face:
    """Raises NotUsable for a picture that cannot be shown; the checks before the start tell it."""
    return _face(
        accent=settings.BRAND_ACCENT_COLOUR,
        logo=settings.BRAND_LOGO,
        dark_logo=settings.BRAND_LOGO_DARK,
        favicon=settings.BRAND_FAVICON,
        radius=settings.BRAND_CORNER_RADIUS,
        font=settings.BRAND_FONT,
    )


@lru_cache(maxsize=4)
def _face(*, accent: str, logo: str, dark_logo: str, favicon: str, radius: int, font: str) -> Face:
    light, dark = schemes(accent)
    forms = shapes(radius=radius, font=font)
    mark = (
        read_picture(favicon)
        if favicon
        else Picture(data=_mark(light).encode(), suffix="svg", width=1, height=1)
    )
    return Face(
        light=light,
        dark=dark,
        colours=_file("colours.css", _stylesheet(light, dark, forms).encode(), "text/css; charset=utf-8"),
        favicon=_file(f"favicon.{mark.suffix}", mark.data, mark.content_type),
        logos=_logos(logo or dark_logo, dark_logo or logo) if logo or dark_logo else None,
    )


def _logos(light: str, dark: str) -> Logos:
    on_light = _logo("logo", read_picture(light))
    return Logos(light=on_light, dark=on_light if dark == light else _logo("logo-dark", read_picture(dark)))


def _logo(name: str, picture: Picture) -> Logo:
    return Logo(file=_file(f"{name}.{picture.suffix}", picture.data, picture.content_type), picture=picture)


def _file(name: str, data: bytes, content_type: str) -> File:
    digest = hashlib.sha256(data).hexdigest()[:12]
    return File(url=f"{PREFIX}{digest}/{name}", data=data, content_type=content_type)


def _stylesheet(light: Scheme, dark: Scheme, forms: dict[str, str]) -> str:
    # Staff may choose light or dark for the admin, whatever their machine says.
    return (
        f":root {{ color-scheme: light dark; {_variables({**forms, **light})} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(dark)} }} }}\n"
        f'[data-theme="light"] {{ color-scheme: light; {_variables(light)} }}\n'
        f'[data-theme="dark"] {{ color-scheme: dark; {_variables(dark)} }}\n'
        f"{ONE_LOGO_AT_A_TIME}"
    )


def _variables(scheme: Scheme) -> str:
    return " ".join(f"--{name}: {value};" for name, value in scheme.items())


def _mark(light: Scheme) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{light["fill"]}"/>'
        f'<path d="{BOLT}" fill="{light["on-fill"]}"/></svg>'
    )
