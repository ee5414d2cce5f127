"""Reports that go straight to a store and wait for it: for a command that ends right after."""

from collections.abc import Sequence
from secrets import token_bytes

from armwise.engine.keys import environment_signer
from armwise.engine.reporting import ReportsById
from armwise.engine.request_id import Signer
from armwise.errors import ConfigurationError
from armwise.storage import Keyring, Record, ReportStatus, Store


class DirectReports(ReportsById):
    """A store that outcomes are reported to without journal, local copy or thread.

    Unlike ``open_store``, a store that cannot be reached is an error wherever it is noticed.

    Args:
        store: The store.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Count records; see ``Store.apply``.

        Raises:
            StoreError: If the store fails.
        """
        return self._store.apply(goal_id, records)

    def deliver(
        self, goal_id: str, records: Sequence[Record], timeout_s: float
    ) -> list[ReportStatus]:
        """Count records; the store has its own time-outs."""
        return self.apply(goal_id, records)

    def signer(self, namespace: str) -> Signer:
        """Return what reads the request ids of a tenant: by the environment's key or the store's.

        Raises:
            ConfigurationError: If there is neither.
            StoreError: If the store fails.
        """
        signer = environment_signer()
        if signer is not None:
            return signer
        if not isinstance(self._store, Keyring):
            raise ConfigurationError(
                f"store {type(self._store).__name__} keeps no key that request ids are signed "
                "with: set ARMWISE_SIGNING_KEY to the secret that they were signed with."
            )
        return Signer(keys=self._store.signing_keys(namespace, token_bytes(32)))


def rotate_key(store: Store, namespace: str = "") -> tuple[bytes, int]:
    """Let the request ids of a tenant be signed with a fresh key; ids signed before stay good.

    Returns:
        The id of the fresh key, which tells nothing of the key, and how many keys there are now.

    Raises:
        ConfigurationError: If the store keeps no keys.
        StoreError: If the store fails.
    """
    if not isinstance(store, Keyring):
        raise ConfigurationError(f"store {type(store).__name__} keeps no signing keys.")
    fresh = token_bytes(32)
    store.add_signing_key(namespace, fresh)
    keys = store.signing_keys(namespace, fresh)
    return Signer(keys=keys).key_id, len(keys)
