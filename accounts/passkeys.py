"""What a browser says of a passkey, before anything else reads it: whoever knows the address may send anything in its place.

Invariant: what comes through has the parts that the ceremonies need, each of them text (of a number the library makes that many bytes), bounded, and
readable for the library. It was said on this site, and not on one of its subdomains, whom browsers let use our passkeys, too (WebAuthn Level 3,
sections 7.1 and 7.2: the relying party looks at the origin).
"""

import struct
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from allauth.mfa.adapter import get_adapter
from django import forms
from fido2.cose import UnsupportedKey
from fido2.webauthn import AuthenticationResponse, RegistrationResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

LONGEST = 30_000  # characters of one part: a device may send certificates along
UNREADABLE = (ValueError, TypeError, AttributeError, LookupError, OverflowError, RecursionError, struct.error)

Part = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+$", max_length=LONGEST)]  # base64url


class Said(BaseModel):
    """What we read of it; all else is left out."""

    model_config = ConfigDict(strict=True)


class Properties(Said):
    rk: bool | None = None


class Extensions(Said):
    properties: Properties | None = Field(None, alias="credProps")


class Response(Said):
    client_data: Part = Field(alias="clientDataJSON")
    attestation: Part | None = Field(None, alias="attestationObject")
    authenticator_data: Part | None = Field(None, alias="authenticatorData")
    signature: Part | None = None
    user_handle: Part | None = Field(None, alias="userHandle")


class Credential(Said):
    """A `PublicKeyCredential`, as its `toJSON` says it."""

    id: Part
    raw_id: Part = Field(alias="rawId")
    type: Literal["public-key"]
    response: Response
    extensions: Extensions | None = Field(None, alias="clientExtensionResults")


class CredentialField(forms.CharField):
    """Takes one, as a dictionary that allauth and fido2 may read."""

    widget = forms.HiddenInput

    def __init__(self, *, is_new: bool = False) -> None:
        """`is_new`: of a passkey that was made just now, not of one that was used."""
        super().__init__(max_length=5 * LONGEST)
        self._is_new = is_new

    def clean(self, value: Any) -> dict[str, Any]:
        text: str = super().clean(value)
        try:
            said: dict[str, Any] = Credential.model_validate_json(text).model_dump(by_alias=True, exclude_none=True)
            origin = self._read(said)
            is_ours = urlsplit(origin).hostname == get_adapter().get_public_key_credential_rp_entity()["id"]
        except UNREADABLE:
            is_ours = False
        if not is_ours:
            raise get_adapter().validation_error("incorrect_code")
        return said

    def _read(self, said: dict[str, Any]) -> str:
        """Where it was said. Raises one of UNREADABLE."""
        if not self._is_new:
            return AuthenticationResponse.from_dict(said).response.client_data.origin
        made = RegistrationResponse.from_dict(said).response
        passkey = made.attestation_object.auth_data.credential_data
        if passkey is None or isinstance(passkey.public_key, UnsupportedKey):
            raise ValueError("there is no key in it that we can use")
        return made.client_data.origin
