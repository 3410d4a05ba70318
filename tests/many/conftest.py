"""One site of two processes on PostgreSQL, with Redis between them, shared by the tests here: what holds for one process holds for several."""

from collections.abc import Iterator

import pytest

from tests.support.several import SeveralSite, serving_several


@pytest.fixture(scope="session")
def shared_site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SeveralSite]:
    """The site that all tests here share. Ask for `site`."""
    with serving_several(tmp_path_factory.mktemp("several")) as site:
        site.hand("lobby")
        yield site
