"""What a store promises, as tests that anybody's store can run. Needs pytest and hypothesis.

from armwise.testing.contracts import StoreContract

class TestMyStore(StoreContract):
    @pytest.fixture
    def store(self):
        with MyStore(...) as store:
            yield store
"""

from armwise.testing.contracts.abilities import KeyringContract, PortableContract
from armwise.testing.contracts.histories import GOAL_NAMES, HALF_LIVES, histories
from armwise.testing.contracts.store import StoreContract

__all__ = [
    "GOAL_NAMES",
    "HALF_LIVES",
    "KeyringContract",
    "PortableContract",
    "StoreContract",
    "histories",
]
