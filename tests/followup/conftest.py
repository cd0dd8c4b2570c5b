"""A simulated finger at two visits, drawn once."""

import pytest

from calcimetry.followup.visit import Visit
from tests.followup.lesions import finger_visits


@pytest.fixture(scope="session")
def finger() -> list[Visit]:
    return finger_visits()
