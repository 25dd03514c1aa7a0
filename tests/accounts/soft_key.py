"""A security key in software: it answers as a browser would."""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestedCredentialData, AuthenticatorData

PRESENT, WITH_KEY = 0x01, 0x40


@dataclass
class SoftKey:
    origin: str = "http://testserver"
    host: str = "testserver"
    counter: int = 1
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def register(self, options: dict[str, Any]) -> str:
        public = ES256.from_cryptography_key(self.key.public_key())
        attested = AttestedCredentialData.create(b"\0" * 16, self.credential_id, public)
        data = AuthenticatorData.create(self._host_hash, PRESENT | WITH_KEY, self.counter, attested)
        said = self._client_data("webauthn.create", options)
        made = cbor.encode({"fmt": "none", "attStmt": {}, "authData": bytes(data)})
        return self._answer({"clientDataJSON": said, "attestationObject": made})

    def sign(self, options: dict[str, Any]) -> str:
        self.counter += 1 if self.counter else 0
        data = bytes(AuthenticatorData.create(self._host_hash, PRESENT, self.counter))
        said = self._client_data("webauthn.get", options)
        signature = self.key.sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._answer({"clientDataJSON": said, "authenticatorData": data, "signature": signature})

    @property
    def _host_hash(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()

    def _client_data(self, kind: str, options: dict[str, Any]) -> bytes:
        said = {"type": kind, "challenge": options["publicKey"]["challenge"], "origin": self.origin}
        return json.dumps(said).encode()

    def _answer(self, response: dict[str, bytes]) -> str:
        mine = websafe_encode(self.credential_id)
        parts = {name: websafe_encode(value) for name, value in response.items()}
        return json.dumps({"id": mine, "rawId": mine, "type": "public-key", "response": parts})
