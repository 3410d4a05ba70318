"""Sites to test with: one shared by all tests of a run, and one of one's own for tests that kill it.

A test whose site logs a traceback or a warning fails, unless it says `site.server.forgive(pattern)` for it.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.support.assets import collected
from tests.support.databases import begin_run, end_run, furnish
from tests.support.emptying import empty_what_was_filled
from tests.support.people import Person
from tests.support.site import Site, serving

# Playwright's plain interface keeps a loop in the thread that the tests run in; no test of ours asks the database from within it.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

# What takes longest comes first, so that nobody is left with a minute of it at the end while the others have nothing to do.
FIRST = (
    "faults/test_several.py", "engine/test_kill.py", "rooms/test_unread.py", "faults/test_faults.py", "protocol/test_permissions.py",
    "browser/test_xss.py", "many/test_broker.py", "many/test_amqp.py", "many/test_postgres.py",
)  # fmt: skip


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those of FIRST, then all others as they were."""
    places = {name: place for place, name in enumerate(FIRST)}
    items.sort(key=lambda item: places.get("/".join(item.path.parts[-2:]), len(FIRST)))


def pytest_configure(config: pytest.Config) -> None:
    """What all workers share is kept by the process that they come from."""
    if begin_run():
        config.add_cleanup(end_run)


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The test database is there before Django looks for it."""
    from django.db import connection

    return connection.vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The test database of a worker is a copy of the one of this run; a SQLite file of its own, so that two runs on one machine do not meet."""
    from django.db import connection

    if connection.vendor == "sqlite":
        home = tmp_path_factory.mktemp("database")
        furnish(home)
        connection.settings_dict["TEST"]["NAME"] = home / "db.sqlite3"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """Tests that commit empty what they filled when done, which the audit log would refuse. (tests/accounts/test_audit.py sees that it does.)"""
    from django.db import connection
    from django.test import TransactionTestCase

    if connection.vendor != "sqlite":
        yield
        return
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER IF EXISTS audit_log_DELETE")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty_what_was_filled())
        yield


@pytest.fixture(scope="session", autouse=True)
def _static_files_are_found_when_asked_for() -> None:
    """Else each `django.test.Client` looks at all of them before its first request. (Sites that are served have settings of their own.)"""
    from django.conf import settings

    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(scope="session")
def shipped(request: pytest.FixtureRequest) -> dict[str, Path]:
    """Settings by which a site serves its static files as they are shipped, where a browser is going to look at it; else as they are."""
    is_seen = any(item.get_closest_marker("browser") for item in request.session.items)
    return {"STATIC_ROOT": collected()} if is_seen else {}


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory: pytest.TempPathFactory, shipped: dict[str, Path]) -> Iterator[Site]:
    """The site that all tests of a run share. Ask for `site`."""
    with serving(tmp_path_factory.mktemp("site"), **shipped) as site:
        site.hand("lobby")
        yield site


@pytest.fixture
def site(shared_site: Site) -> Iterator[Site]:
    """A served site with a Lobby, shared: make people and rooms of your own in it, and leave it running."""
    begun = len(shared_site.server.lines)
    yield shared_site
    trouble = shared_site.server.trouble(begun)
    shared_site.server.absolve()
    assert not trouble, "the server's log:\n" + "\n".join(shared_site.server.lines[begun:][-60:])


@pytest.fixture
def ana(site: Site) -> Person:
    """Somebody of the shared site, signed in, in no room."""
    return site.person("ana")


@pytest.fixture
def bo(site: Site) -> Person:
    """Somebody else."""
    return site.person("bo")


@pytest.fixture
def own_site(tmp_path_factory: pytest.TempPathFactory, shipped: dict[str, Path]) -> Iterator[Callable[..., Site]]:
    """Start a site of one's own, with settings: `own_site(PRESENCE_CROWD=1)`. It may be stopped, killed and started again."""
    sites: list[Site] = []
    with ExitStack() as stack:

        def start(**settings: Any) -> Site:
            site = stack.enter_context(serving(tmp_path_factory.mktemp("own"), **shipped | settings))
            site.hand("lobby")
            sites.append(site)
            return site

        yield start
    for site in sites:
        assert not site.server.trouble(), "the server's log:\n" + site.server.tail(60)
