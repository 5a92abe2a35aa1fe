"""What holds after every life of the book."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.running import Running

# What is not as it is told is shown as in any test.
pytest.register_assert_rewrite("tests.journeys.telling")


@pytest.fixture
def figures_stay_right(running: Running, migrated: Any) -> Iterator[None]:
    """After every life: nothing given up, every database of one mind, figures equal to a recount."""
    from services.chassis.database import transaction
    from services.reporting import use_cases as reporting
    from services.reporting.storage.tables import metadata

    running.settle()
    yield
    running.settle()
    assert running.dead_letters() == 0
    with transaction(migrated("reporting", metadata)) as session:
        assert reporting.differences(session) == 0
