"""A device that makes and uses passkeys, in Python: it does what it is told, right or wrong, where a browser would not."""

import json
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestedCredentialData, AuthenticatorData


class Device:
    """Keeps one passkey, of one person of a site."""

    def __init__(self, host: str = "testserver", person: str = "1") -> None:
        """`host`: the name of the site; `person`: their id, as the site calls it (base 36)."""
        self.host, self.person, self.id = host, person, b"key ring"
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, challenge: str, *, is_verified: bool = True, **otherwise: Any) -> str:
        """What a browser says of the passkey that was made, as JSON."""
        key = AttestedCredentialData.create(Aaguid.NONE, self.id, ES256.from_cryptography_key(self._key.public_key()))
        seen = cbor.encode(
            {"fmt": "none", "attStmt": {}, "authData": bytes(self._data(0x45 if is_verified else 0x41, key))}
        )
        told = {
            "clientDataJSON": self._client("create", challenge, otherwise),
            "attestationObject": websafe_encode(seen),
        }
        return self._said(told)

    def use(self, challenge: str, *, is_verified: bool = True, **otherwise: Any) -> str:
        """What it says when the passkey was used. `otherwise`: what the browser says of where it is."""
        data, client = bytes(self._data(0x05 if is_verified else 0x01)), self._client("get", challenge, otherwise)
        signed = data + sha256(websafe_decode(client)).digest()
        told = {
            "clientDataJSON": client,
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(self._key.sign(signed, ec.ECDSA(SHA256()))),
            "userHandle": websafe_encode(self.person.encode()),
        }
        return self._said(told)

    def _data(self, flags: int, key: bytes = b"") -> AuthenticatorData:
        hashed = sha256(self.host.encode()).digest()
        return AuthenticatorData.create(hashed, AuthenticatorData.FLAG(flags), 0, key)

    def _client(self, what: str, challenge: str, otherwise: dict[str, Any]) -> str:
        told = {"type": f"webauthn.{what}", "challenge": challenge, "origin": f"https://{self.host}", **otherwise}
        return websafe_encode(json.dumps(told).encode())

    def _said(self, told: dict[str, str]) -> str:
        name = websafe_encode(self.id)
        return json.dumps(
            {"id": name, "rawId": name, "type": "public-key", "response": told, "clientExtensionResults": {}}
        )
