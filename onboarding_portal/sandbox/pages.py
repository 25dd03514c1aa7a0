"""The frame of every page a person sees here: plainly labelled, one small stylesheet, no JavaScript."""

from pathlib import Path

from markupsafe import Markup
from werkzeug.wrappers import Response

STYLESHEET = Path(__file__).with_name("sandbox.css").read_text(encoding="utf-8")

FRAME = Markup("""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title} | ev.energy sandbox</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/sandbox.css">
</head>
<body>
<header><p id="sandbox-label"><strong>ev.energy sandbox</strong>, not the real thing</p></header>
<main class="{kind}">
<h1>{title}</h1>
{content}
</main>
</body>
</html>
""")

ICON = Markup("""<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64" viewBox="0 0 64 64" role="img">
<title>{name}</title>
<circle cx="32" cy="32" r="31" fill="#1f4d3a"/>
<g fill="#fff" font-family="sans-serif" font-size="28" font-weight="700" text-anchor="middle">
<text x="32" y="42">{letters}</text>
</g>
</svg>
""")


def page(*, title: str, content: Markup, kind: str = "", status: int = 200) -> Response:
    """A whole page. `content` is markup; everything put into it by `Markup.format` has been escaped."""
    html = FRAME.format(title=title, content=content, kind=kind)
    response = Response(html, status=status, content_type="text/html; charset=utf-8")
    response.headers["Content-Security-Policy"] = "default-src 'none'; style-src 'self'; img-src 'self' data:"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["Cache-Control"] = "no-store"
    return response


def message_page(*, title: str, text: str, status: int = 200) -> Response:
    return page(title=title, content=Markup("<p>{}</p>").format(text), status=status)


def stylesheet() -> Response:
    return Response(STYLESHEET, content_type="text/css; charset=utf-8")


def icon(*, name: str) -> Response:
    return Response(ICON.format(name=name, letters=name[:2]), content_type="image/svg+xml")
