"""The living page, on a developer's machine alone: every part of owners' pages in every state, and every e-mail."""

from collections.abc import Callable
from functools import wraps

from csp.decorators import csp_exempt
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from onboarding_portal.brand.face import face
from onboarding_portal.brand.mail import compose
from onboarding_portal.operations.components.mails import EXAMPLES
from onboarding_portal.operations.components.rows import parts

SCHEMES = ("light", "dark")
DIRECTIONS = ("ltr", "rtl")

View = Callable[..., HttpResponseBase]


def only_in_debug(view: View) -> View:
    @wraps(view)
    def seen(request: HttpRequest, *args: str) -> HttpResponseBase:
        if not settings.DEBUG:
            raise Http404
        return view(request, *args)

    return seen


@require_safe
@only_in_debug
def components(request: HttpRequest) -> HttpResponse:
    """All four looks below one another, or the one that `?scheme=dark&dir=rtl` names."""
    looks = [
        {"scheme": scheme, "direction": direction}
        for scheme in SCHEMES
        if request.GET.get("scheme", scheme) == scheme
        for direction in DIRECTIONS
        if request.GET.get("dir", direction) == direction
    ]
    mails = [(template, example) for template, examples in EXAMPLES.items() for example in examples]
    return render(
        request, "components/page.html", {"looks": looks, "mails": mails, **parts(now=timezone.now())}
    )


@require_safe
@only_in_debug
@csp_exempt()
def component_mail(request: HttpRequest) -> HttpResponse:
    """An e-mail as it is sent: with its styles, which pages may not have. `?text` is its text."""
    template, example = request.GET.get("kind", ""), request.GET.get("example", "")
    if example not in EXAMPLES.get(template, {}):
        raise Http404
    message = compose(template=template, to=["jo@example.com"], context=EXAMPLES[template][example]())
    if "text" in request.GET:
        return HttpResponse(f"{message.subject}\n\n{message.body}", content_type="text/plain; charset=utf-8")
    html = str(message.alternatives[0][0])
    logos = face().logos
    return HttpResponse(html.replace("cid:logo", logos.light.file.url if logos else ""))
