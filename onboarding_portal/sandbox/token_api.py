"""`POST /o/token/`: client credentials in, a bearer token out. Errors are OAuth's own (RFC 6749), not problems."""

import hmac
import secrets

from werkzeug.wrappers import Response

from onboarding_portal.sandbox.context import Call, json_response

LIFETIME_SECONDS = 36_000


def oauth_error(error: str, *, status: int) -> Response:
    headers = {"WWW-Authenticate": 'Basic realm="ev.energy sandbox"'} if status == 401 else None
    return json_response({"error": error}, status=status, headers=headers)


def issue_token(call: Call) -> Response:
    form, basic = call.request.form, call.request.authorization
    if basic is not None and basic.type == "basic":
        client_id, client_secret = basic.username or "", basic.password or ""
    else:
        client_id, client_secret = form.get("client_id", ""), form.get("client_secret", "")
    config, behaviour = call.sandbox.config, call.sandbox.behaviour
    is_known = hmac.compare_digest(client_id.encode(), config.client_id.encode())
    if not is_known or not hmac.compare_digest(client_secret.encode(), config.client_secret.encode()):
        return oauth_error("invalid_client", status=401)
    if form.get("grant_type") != "client_credentials":
        return oauth_error("unsupported_grant_type", status=400)
    asked = form.get("scope", "").split()
    if not set(asked) <= set(behaviour.scopes):
        return oauth_error("invalid_scope", status=400)
    token = secrets.token_urlsafe(30)
    now_seconds = call.sandbox.clock.monotonic_seconds()
    call.sandbox.tokens[token] = (now_seconds + LIFETIME_SECONDS, frozenset(asked))  # none asked: all
    return json_response(
        {
            "access_token": token,
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS,
            "scope": " ".join(asked or behaviour.scopes),
        },
        headers={"Cache-Control": "no-store"},
    )
