"""A small OpenID provider on a socket of its own: it answers as one does, and as a forger would."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT, SECRET = "portal", "a-secret-of-the-portal"


class Provider:
    """`says` is what its next token says beside what has to be in it; `key` is what it signs with."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.key = self.published = RSAKey.generate_key(2048, {"kid": "one"})
        self.says: dict[str, Any] = {}
        self.asked: dict[str, str] = {}
        self.is_away = False

    def agree(self, location: str) -> str:
        """What the provider's page does once its user signed in: returns where it sends them back to."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        self.asked = query
        return f"{query['redirect_uri']}?code=the-code&state={query['state']}"

    def answer(self, path: str, form: dict[str, str], headers: Any) -> tuple[int, dict[str, Any]]:
        if self.is_away:
            return 503, {}
        if path.endswith("/openid-configuration"):
            return 200, {
                "issuer": self.origin,
                "authorization_endpoint": f"{self.origin}/authorize",
                "token_endpoint": f"{self.origin}/token",
                "jwks_uri": f"{self.origin}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        if path == "/keys":
            return 200, {"keys": [self.published.as_dict(private=False)]}
        return self._token(form, headers)

    def _token(self, form: dict[str, str], headers: Any) -> tuple[int, dict[str, Any]]:
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        is_right = (
            headers.get("Authorization") == f"Basic {basic}"
            and form.get("code") == "the-code"
            and challenge.decode().rstrip("=") == self.asked["code_challenge"]
        )
        if not is_right:
            return 400, {"error": "invalid_grant"}
        now = int(time.time())
        claims = {
            "iss": self.origin,
            "aud": CLIENT,
            "sub": "subject-1",
            "nonce": self.asked["nonce"],
            "iat": now,
            "exp": now + 300,
            **self.says,
        }
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return 200, {"access_token": "x", "token_type": "Bearer", "expires_in": 300, "id_token": token}


@contextmanager
def running_provider() -> Iterator[Provider]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length", 0))
            form = {name: values[0] for name, values in parse_qs(self.rfile.read(length).decode()).items()}
            status, body = provider.answer(urlsplit(self.path).path, form, self.headers)
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        do_GET = do_POST = _answer  # noqa: N815  the library's names

        def log_message(self, *_args: Any) -> None:
            """Nothing is logged."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider = Provider(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
