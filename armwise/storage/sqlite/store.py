"""Evidence in a SQLite file: what the workers of one machine share."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from armwise.bandit.decay import HalfLife, check_half_life
from armwise.storage.base import (
    MAX_AGE_S,
    Finding,
    Record,
    ReportStatus,
    check_same_half_life,
)
from armwise.storage.goal import GoalEvidence
from armwise.storage.sqlite import counting, examining, goals, keys, settings, sums, tidying
from armwise.storage.sqlite.file import DatabaseFile


class SQLiteStore:
    """A ``Store`` in a file, shared by the processes of one machine. Safe in threads and forks.

    Args:
        path: Of the file, created with rights for its owner alone. Beside it appear ``-wal`` and
            ``-shm``, which SQLite keeps, and ``.writer``, the queue of those who write.
        max_age_s: Seconds after its decision for which an outcome is accepted. About 30 bytes per
            attempt are kept that long; with workers of different settings, for the longest.
        clock: Seconds since 1970; replaced in tests.
        durable: Wait for the disk at every write. False loses nothing when processes die, and
            the last seconds when the machine does; the file stays whole in any case.

    Raises:
        ConfigurationError: If SQLite cannot work there: no directory, a network file system.
        StoreVersionError: If a newer armwise has written the file.
        StoreError: If the file cannot be opened or is no database of armwise.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        max_age_s: float = MAX_AGE_S,
        clock: Callable[[], float] = time.time,
        durable: bool = False,
    ) -> None:
        self._max_age_ms = int(max_age_s * 1000)
        self._clock = clock
        self._file = DatabaseFile(path, durable=durable)
        settings.raise_max_age(self._file, self._max_age_ms)

    @property
    def path(self) -> Path:
        """The file, as an absolute path."""
        return self._file.path

    def declare(self, goal_id: str, half_life: HalfLife) -> HalfLife:
        """Say how fast a goal's evidence is to fade; see ``Store.declare``."""
        check_half_life(half_life)
        with self._file.reading() as connection:
            held = goals.find(connection, goal_id)
        if held is not None:
            return held.half_life
        with self._file.writing() as connection:
            return goals.found_or_new(connection, goal_id, half_life).half_life

    def apply(self, goal_id: str, records: Sequence[Record]) -> list[ReportStatus]:
        """Count records; see ``Store.apply``. A large call is no slower per record."""
        if not records:
            return []
        with self._file.writing() as connection:
            life = goals.found_or_new(connection, goal_id)
            return counting.count(connection, life, records, self._now_ms(), self._max_age_ms)

    def read(self, goal_id: str, unless: int | None = None) -> GoalEvidence | None:
        """Return all evidence of a goal; see ``Store.read``. It waits for no writer."""
        with self._file.reading() as connection:
            life = goals.find(connection, goal_id)
            if life is None:
                return None if unless == 0 else GoalEvidence(None)
            return None if life.version == unless else sums.read_evidence(connection, life)

    def open_epoch(self, goal_id: str, bucket: str, path: str, epoch: int) -> None:
        """Begin an arm anew; see ``Store.open_epoch``."""
        with self._file.writing() as connection:
            life = goals.found_or_new(connection, goal_id)
            if epoch > sums.epoch_of(connection, life, bucket, path):
                version = life.version + 1
                change = sums.BucketChange()
                id_ = sums.add_bucket(connection, life, bucket, change, version)
                sums.raise_epoch(connection, id_, path, epoch)
                goals.set_version(connection, life, version)

    def goals(self, namespace: str = "") -> list[str]:
        """Return the goals of a tenant; see ``Portable.goals``."""
        with self._file.reading() as connection:
            return goals.names(connection, namespace)

    def absorb(self, goal_id: str, evidence: GoalEvidence, once: str) -> bool:
        """Add another store's evidence, once; see ``Portable.absorb``."""
        with self._file.writing() as connection:
            life = goals.found_or_new(connection, goal_id)
            check_same_half_life(life.half_life, evidence.half_life)
            if not goals.note_absorbed(connection, life, once):
                return False
            sums.add_evidence(connection, life, evidence, life.version + 1)
            goals.set_version(connection, life, life.version + 1)
            return True

    def change_half_life(self, goal_id: str, half_life: HalfLife) -> None:
        """Let a goal fade by another clock from now on; see ``Portable.change_half_life``."""
        check_half_life(half_life)
        with self._file.writing() as connection:
            now_ms = self._now_ms()
            before = goals.found_or_new(connection, goal_id)
            held = sums.read_evidence(connection, before)
            sums.drop_evidence(connection, before)
            after = goals.renewed(connection, goal_id, before, half_life, now_ms)
            rebased = held.rebased(half_life, None, now_ms)
            sums.add_evidence(connection, after, rebased, after.version + 1)
            goals.set_version(connection, after, after.version + 1)

    def signing_keys(self, namespace: str, fresh: bytes) -> list[bytes]:
        """Return the keys of a tenant; see ``Keyring.signing_keys``."""
        with self._file.reading() as connection:
            held = keys.read(connection, namespace)
        if held:
            return held
        with self._file.writing() as connection:
            return keys.read(connection, namespace) or keys.put_first(connection, namespace, fresh)

    def add_signing_key(self, namespace: str, key: bytes) -> None:
        """Sign with another key from now on; see ``Keyring.add_signing_key``."""
        with self._file.writing() as connection:
            keys.put_first(connection, namespace, key)

    def tidy(self, goal_id: str) -> int:
        """Drop what is no longer needed; see ``Tidied.tidy``. Others write in between."""
        dropped = self._each_retired(goal_id)
        while True:
            with self._file.writing() as connection:
                life = goals.find(connection, goal_id)
                if life is None:
                    return dropped
                longest_ms = settings.max_age_ms(connection)
                portion = tidying.forget(connection, life, self._now_ms(), longest_ms)
                if not portion:
                    return dropped + tidying.fold(connection, life)
            dropped += portion

    def examine(self) -> list[Finding]:
        """Look at what matters to an operator; see ``Probed.examine``."""
        return examining.examine(self._file)

    def close(self) -> None:
        """Let go of all files. A call that comes later opens them again."""
        self._file.close()

    def _now_ms(self) -> int:
        return int(self._clock() * 1000)

    def _each_retired(self, goal_id: str) -> int:
        with self._file.reading() as connection:
            retired = goals.retired(connection, goal_id)
        dropped = 0
        for id_ in retired:
            portion = 1
            while portion:
                with self._file.writing() as connection:
                    portion = tidying.bury(connection, id_)
                dropped += portion
        return dropped
