"""Every string of the code has its translation in each catalogue: nothing missing or doubtful, each placeholder kept, each plural filled.

The strings are gathered here as `manage.py messages` gathers them. If this fails: `make messages`, then translate what it names.
"""

import os
import re
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po

from chatsite import catalogues

DOMAINS = ("django", "djangojs")
PLURALS = {"de": 2, "ar": 6}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|%%|</?\w+>|https?://\S+")
# Names, and what is the same in both languages.
SAME = {
    "de": {
        "Name", "Link", "Status", "Emoji", "Thread", "Thread (T)", "Threads", "Smileys", "Browser", "browser", "Bytes", "bytes", "online",
        "name", "status", "text", "%(name)s in %(room)s", "in %(name)s",
        "Alt", "Esc", "Enter", "%(day)s, %(time)s", "Code", "Passkeys", "Broker", "CPU", "Live", "Sockets",
    },
    "ar": {"Ctrl", "Alt", "Shift", "Esc", "Enter", "Del"},
}  # fmt: skip
PAIRS = [(language, domain) for language in catalogues.LANGUAGES for domain in DOMAINS]


@cache
def asked_for(domain: str) -> set[tuple[str | tuple[str, ...], str | None]]:
    """What the code asks a translation for."""
    return {(message, context) for _, _, message, _, context in catalogues.gathered(domain)}


def catalogue(language: str, domain: str) -> Catalog:
    with catalogues.path_of(language, domain).open("rb") as po:
        return read_po(po, locale=language)


def said(message: Message) -> list[str]:
    """All that a message may become."""
    return [message.string or ""] if isinstance(message.string, str | None) else list(message.string)


def faults(language: str, domain: str, have: Catalog) -> list[str]:
    """What is wrong with a catalogue."""
    known = {(message.id, message.context): message for message in have if message.id}
    found = [f"missing: {message!r}" for message, context in asked_for(domain) - known.keys()]
    for message in known.values():
        forms = said(message)
        if message.fuzzy or not all(form.strip() for form in forms):
            found.append(f"untranslated: {message.id!r}")
        elif isinstance(message.id, tuple | list) and len(forms) != PLURALS[language]:
            found.append(f"{len(forms)} plural forms: {message.id!r}")
        elif wrong := [form for form in forms if not agree(message, form)]:
            found.append(f"placeholders: {message.id!r}: {wrong}")
        elif isinstance(message.id, str) and forms == [message.id] and message.id not in SAME[language]:
            found.append(f"left in English: {message.id!r}")
    return found


def agree(message: Message, form: str) -> bool:
    """Whether a translation has the placeholders of the original; a plural form for none, one or two may say its number in words."""
    if isinstance(message.id, str):
        return sorted(PLACEHOLDER.findall(form)) == sorted(PLACEHOLDER.findall(message.id))
    asked = set(PLACEHOLDER.findall(message.id[1]))
    named = {each for each in asked if each.startswith("%(")}
    found = set(PLACEHOLDER.findall(form))
    return found <= asked and asked - found <= named and len(asked - found) <= 1


@pytest.mark.parametrize(("language", "domain"), PAIRS)
def test_a_catalogue_is_whole(language: str, domain: str) -> None:
    assert not (found := faults(language, domain, catalogue(language, domain))), "\n".join(found)


@pytest.mark.parametrize("language", catalogues.LANGUAGES)
def test_what_is_missing_or_broken_is_found(language: str) -> None:
    whole = catalogue(language, "django")
    broken = {
        "Sign in": ("", "untranslated"),
        "People of %(name)s": ("%(nome)s", "placeholders"),
        "Sign out": ("Sign out", "left in English"),
    }
    for id, (string, _) in broken.items():
        whole[id].string = string
    del whole["Settings"]
    plural = next(message for message in whole if isinstance(message.id, tuple | list))
    plural.string = ("x",)
    found = faults(language, "django", whole)
    assert "missing: 'Settings'" in found
    assert all(any(fault.startswith(f"{what}: {id!r}") for fault in found) for id, (_, what) in broken.items())
    assert any(fault.startswith("1 plural forms") for fault in found)


def test_strings_of_each_kind_are_gathered() -> None:
    python, scripts = ({message for message, _ in asked_for(domain)} for domain in DOMAINS)
    assert {"there is no such message", "Room above, below"} <= python  # Python; a template
    assert ("%(count)s answer", "%(count)s answers") in python & scripts
    assert {"Show more", "Not connected. Try again in a moment."} <= scripts


def test_a_catalogue_is_compiled_again_once_it_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogues, "HOME", tmp_path)
    source = catalogues.path_of("de", "django")
    source.parent.mkdir(parents=True)
    entry = 'msgid ""\nmsgstr "Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "Sign in"\nmsgstr "{}"\n'
    compiled = source.with_suffix(".mo")
    for word in ("Anmelden, bitte", "Einloggen"):
        source.write_text(entry.format(word))
        os.utime(source, times=(len(word), len(word)))
        catalogues.compile_stale()  # the second time it is older than before, as after a checkout
        assert word.encode() in compiled.read_bytes()
    made = compiled.stat().st_ino
    catalogues.compile_stale()
    assert compiled.stat().st_ino == made, "nothing changed: nothing is done"
    assert [path.name for path in source.parent.iterdir() if path.suffix not in (".po", ".mo")] == []


def test_a_catalogue_that_cannot_be_written_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(catalogues, "HOME", tmp_path)
    source = catalogues.path_of("de", "django")
    source.parent.mkdir(parents=True)
    source.write_text('msgid ""\nmsgstr ""\n')
    os.utime(source, times=(1, 1))
    source.with_suffix(".mo").mkdir()  # root may write anything but this
    catalogues.compile_stale()
    assert len(list(source.parent.iterdir())) == 2
    assert "was not compiled" in caplog.text
