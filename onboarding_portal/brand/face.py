"""The face in force: what the settings say, made ready to be shown, once in a process."""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache

from django.conf import settings

from onboarding_portal.brand.colours import Scheme, schemes
from onboarding_portal.brand.pictures import Picture, read_picture

PREFIX = "/brand/"
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
class Face:
    """`logo` is None where the portal's own mark is shown. `light` and `dark` are the colours by their names."""

    light: Scheme
    dark: Scheme
    colours: File
    favicon: File
    logo: File | None

    @cached_property
    def files(self) -> dict[str, File]:
        return {file.url: file for file in (self.colours, self.favicon, self.logo) if file}


def face() -> Face:
    """Raises NotUsable for a picture that cannot be shown; the checks before the start tell it."""
    return _face(settings.BRAND_ACCENT_COLOUR, settings.BRAND_LOGO, settings.BRAND_FAVICON)


@lru_cache(maxsize=4)
def _face(accent: str, logo: str, favicon: str) -> Face:
    light, dark = schemes(accent)
    mark = read_picture(favicon) if favicon else Picture(data=_mark(light).encode(), suffix="svg")
    return Face(
        light=light,
        dark=dark,
        colours=_file("colours.css", _stylesheet(light, dark).encode(), "text/css; charset=utf-8"),
        favicon=_file(f"favicon.{mark.suffix}", mark.data, mark.content_type),
        logo=_logo(read_picture(logo)) if logo else None,
    )


def _logo(picture: Picture) -> File:
    return _file(f"logo.{picture.suffix}", picture.data, picture.content_type)


def _file(name: str, data: bytes, content_type: str) -> File:
    digest = hashlib.sha256(data).hexdigest()[:12]
    return File(url=f"{PREFIX}{digest}/{name}", data=data, content_type=content_type)


def _stylesheet(light: Scheme, dark: Scheme) -> str:
    # Staff may choose light or dark for the admin, whatever their machine says.
    return (
        f":root {{ color-scheme: light dark; {_variables(light)} }}\n"
        f"@media (prefers-color-scheme: dark) {{ :root {{ {_variables(dark)} }} }}\n"
        f':root[data-theme="light"] {{ color-scheme: light; {_variables(light)} }}\n'
        f':root[data-theme="dark"] {{ color-scheme: dark; {_variables(dark)} }}\n'
    )


def _variables(scheme: Scheme) -> str:
    return " ".join(f"--{name}: {value};" for name, value in scheme.items())


def _mark(light: Scheme) -> str:
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">'
        f'<rect width="32" height="32" rx="8" fill="{light["fill"]}"/>'
        f'<path d="{BOLT}" fill="{light["on-fill"]}"/></svg>'
    )
