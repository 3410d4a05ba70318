"""The static files as they are shipped: with hashed names, joined, minified, compressed. For Chromium they are half the work of their sources."""

from functools import cache
from pathlib import Path

from tests.support.databases import first
from tests.support.server import ROOT, environment, manage

MADE_BY_MAKE = ROOT / "var/static"
MANIFEST = "staticfiles.json"


@cache
def collected() -> Path:
    """Where they are: in var/, where `make` has put them, if nothing has changed since; else they are collected, once a run."""
    manifest = MADE_BY_MAKE / MANIFEST
    sources = [ROOT / "chatsite/assets.py", *(ROOT / "static").rglob("*")]
    if manifest.exists() and manifest.stat().st_mtime > max(source.stat().st_mtime for source in sources):
        return MADE_BY_MAKE
    with first("static") as (place, is_mine):
        if is_mine:
            made = place.with_name("collecting")
            manage(environment(place.with_name("nobody"), STATIC_ROOT=made), "collectstatic", "--noinput")
            made.rename(place)
    return place
