"""Passkeys as a hostile client uses them: what is said is read strictly, on this site only, and for what its person has chosen."""

import json
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from tests.accounts.conftest import PASSWORD
from tests.accounts.test_two_factor import PAGES, is_in, sign_in
from tests.support.passkeys import Device

ADD, ALONE = f"{PAGES}webauthn/add/", f"{PAGES}webauthn/login/"


@pytest.fixture(autouse=True)
def _unhurried(settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = False


@pytest.fixture
def ana(person: Callable[..., User]) -> User:
    return person(handle="ana")


@pytest.fixture
def device(ana: User) -> Device:
    return Device(person=str(ana.pk))


def add(device: Device, *, alone: bool = True, **otherwise: Any) -> Any:
    """Keep a passkey of Ana's on the device."""
    client, _ = sign_in()
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    challenge = client.get(ADD).context["js_data"]["creation_options"]["publicKey"]["challenge"]
    chosen = {"passwordless": "on"} if alone else {}
    return client.post(ADD, {"name": "Key ring", "credential": device.make(challenge, **otherwise), **chosen})


def asked(client: Client) -> str:
    """The challenge of a sign-in without a password."""
    answer = client.get(ALONE, headers={"accept": "application/json"}).json()
    return str(answer["request_options"]["publicKey"]["challenge"])


def use(device: Device, **how: Any) -> Client:
    """Sign in with it alone, in a new browser."""
    client = Client()
    client.post(ALONE, {"credential": device.use(asked(client), **how)})
    return client


def test_a_passkey_signs_in_alone_once_who_holds_it_is_verified(device: Device) -> None:
    add(device)
    assert is_in(use(device))
    assert not is_in(use(device, is_verified=False))


def test_an_office_behind_one_address_comes_in(device: Device) -> None:
    add(device)
    assert all(is_in(use(device)) for _ in range(12))


def test_one_that_is_chosen_for_beside_the_password_does_not_sign_in_alone(device: Device) -> None:
    add(device, alone=False)
    assert not is_in(use(device))
    client, _ = sign_in()
    page = client.get(f"{PAGES}authenticate/")
    challenge = page.context["js_data"]["request_options"]["publicKey"]["challenge"]
    client.post(f"{PAGES}authenticate/", {"credential": device.use(challenge)})
    assert is_in(client)


def test_what_was_used_is_used(device: Device) -> None:
    add(device)
    client = Client()
    said = device.use(asked(client))
    client.post(ALONE, {"credential": said})
    client.post("/accounts/logout/")
    client.post(ALONE, {"credential": said})
    assert not is_in(client)


@pytest.mark.parametrize(
    "origin", ["https://evil.testserver", "https://testserver.evil.example", "http://testserver", "https://[", None, 5]
)
def test_a_passkey_is_used_on_this_site_and_not_on_a_subdomain(device: Device, origin: Any) -> None:
    """Browsers let a subdomain ask for the passkeys of the names above it."""
    add(device, origin=origin)
    assert not Authenticator.objects.exists()
    add(device)
    assert not is_in(use(device, origin=origin))


def broken(said: str) -> list[str]:
    """The same with each of its parts left out, or something else in its place; and what is no such thing at all."""
    parsed = json.loads(said)
    odd: list[Any] = [None, True, 7, "", "AA", "é", "A" * 40_000, [], ["AA"], {}, {"a": 1}, 10**30]
    found = [json.dumps(each) for each in [*odd, {**parsed, "response": None}]]
    for name in parsed:
        found += [json.dumps({**parsed, name: each}) for each in odd]
    for name in parsed["response"]:
        found += [json.dumps({**parsed, "response": {**parsed["response"], name: each}}) for each in odd]
        found.append(json.dumps({**parsed, "response": {k: v for k, v in parsed["response"].items() if k != name}}))
    for data in (
        "W10",
        "NQ",
        "e30",
        "Z" * 500,
        "n58_" * 400,
        "gYGB" * 2_000,
    ):  # [], 5, {}; maps and lists in lists, in CBOR
        for name in parsed["response"]:
            found.append(json.dumps({**parsed, "response": {**parsed["response"], name: data}}))
    return [
        *found,
        "",
        "nonsense",
        "[" * 100_000,
        '{"id":' * 20_000,
        "9" * 5_000,
        "NaN",
        '"\\ud800"',
        '{"id":"\\ud800"}',
        "x" * 500_000,
    ]


def test_what_no_browser_says_is_refused_in_words(device: Device) -> None:
    add(device)
    alone, beside = Client(), sign_in()[0]
    for number in range(len(broken(device.use("AA")))):  # each with the right challenge
        cache.clear()  # or it would be too many
        said = broken(device.use(asked(alone), is_verified=False))[number]
        answer = alone.post(ALONE, {"credential": said})
        assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/"), said[:200]
        assert beside.post(f"{PAGES}authenticate/", {"credential": said}).status_code == 200, said[:200]
    assert not is_in(alone) and not is_in(beside)


def test_a_passkey_that_cannot_be_read_is_not_kept(device: Device) -> None:
    client, _ = sign_in()
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    page = client.get(ADD)
    for number in range(len(broken(device.make("AA")))):
        challenge = page.context["js_data"]["creation_options"]["publicKey"]["challenge"]
        said = broken(device.make(challenge, is_verified=False))[number]
        page = client.post(ADD, {"name": "x", "credential": said, "passwordless": "on"})
        assert page.status_code == 200, said[:200]
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("part", ["clientDataJSON", "authenticatorData", "signature", "userHandle", "rawId"])
def test_a_number_is_not_made_as_many_bytes(client: Client, db: None, part: str) -> None:
    """A stranger could else take all the memory there is with one small request."""
    said = json.loads(Device().use("AA"))
    (said if part == "rawId" else said["response"])[part] = 50_000_000
    tracemalloc.start()
    try:
        assert client.post(ALONE, {"credential": json.dumps(said)}).status_code == 302
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
