"""Which key request ids are signed with: the environment's, the store's, or the process's own."""

import json
import logging
import os
import tempfile
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes

from armwise.engine.request_id import KEY_VARIABLE, Signer, keys_of, process_key
from armwise.errors import StoreError
from armwise.storage import Keyring

_log = logging.getLogger("armwise.engine")


def environment_signer() -> Signer | None:
    """Return the signer that ``ARMWISE_SIGNING_KEY`` asks for, None if it is not set.

    Raises:
        ConfigurationError: If it could be guessed.
    """
    secrets_text = os.environ.get(KEY_VARIABLE)
    return Signer(keys=keys_of(secrets_text)) if secrets_text else None


class SharedKeys:
    """Signers whose keys the processes of a store share.

    The first process that asks gives the store a random key. It is kept in a file as well, so that
    a process which starts while the store is down signs with it all the same. One that finds
    neither signs with a key of its own, and hands it to the store when that works again.

    Args:
        store: Where the keys are.
        name: The store's URL without its password.
        root: Directory for the file; None: there is none.
        on_failed: Told what the store raises where a kept or an own key stands in.
    """

    def __init__(
        self,
        store: Keyring,
        name: str,
        root: Path | None,
        on_failed: Callable[[StoreError], object] = lambda _: None,
    ) -> None:
        self._store = store
        self._name = name
        self._root = root
        self._on_failed = on_failed
        self._signers: dict[str, Signer] = {}

    def signer(self, namespace: str) -> Signer:
        """Return the signer of a tenant."""
        signer = self._signers.get(namespace)
        if signer is None:
            signer = self._signers[namespace] = Signer(keys=self._found(namespace))
        return signer

    def renew(self) -> None:
        """Take over keys that other processes have added, and hand over those that it lacks.

        Raises:
            StoreError: If the store fails.
        """
        for namespace, signer in list(self._signers.items()):
            keys = self._store.signing_keys(namespace, signer.keys[0])
            # Made while the store was down, or lost by it: ids that they signed are still out.
            missing = [key for key in signer.keys if key not in keys]
            for key in reversed(missing):
                self._store.add_signing_key(namespace, key)
            if missing:
                keys = self._store.signing_keys(namespace, signer.keys[0])
            if tuple(keys) != signer.keys:
                signer.use(keys)
                self._keep(namespace, keys)

    def _found(self, namespace: str) -> list[bytes]:
        try:
            keys = self._store.signing_keys(namespace, token_bytes(32))
        except StoreError as error:
            self._on_failed(error)
            kept = self._kept(namespace)
            if kept:
                return kept
            _log.warning(
                "%s could not be asked for the key that request ids are signed with (%s): until "
                "it can, outcomes of this process can only be reported in it. Set %s to be "
                "independent of the store.",
                self._name,
                error,
                KEY_VARIABLE,
            )
            return [process_key()]
        # A server that lost its last second may have lost a young key: ids it signed are still out.
        keys += [key for key in self._kept(namespace) if key not in keys]
        self._keep(namespace, keys)
        return keys

    def _kept(self, namespace: str) -> list[bytes]:
        if self._root is None:
            return []
        try:
            held = json.loads(self._path(self._root, namespace).read_text(encoding="ascii"))
            return [bytes.fromhex(key) for key in held["keys"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _keep(self, namespace: str, keys: list[bytes]) -> None:
        if self._root is None:
            return
        with suppress(OSError):
            self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._root, suffix=".new")  # mode 0600
            with os.fdopen(handle, "w", encoding="ascii") as file:
                json.dump({"keys": [key.hex() for key in keys]}, file)
            Path(name).replace(self._path(self._root, namespace))

    @staticmethod
    def _path(root: Path, namespace: str) -> Path:
        return root / f"keys-{sha256(namespace.encode()).hexdigest()[:24]}.json"
