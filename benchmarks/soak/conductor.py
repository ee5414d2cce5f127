"""Runs the workers of the soak and kills, halts and restarts what they work with."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from armwise.engine import open_store
from armwise.testing.servers import RedisServer
from benchmarks.soak.ledger import intended, returns
from benchmarks.soak.worker import CORRECTIONS, DUPLICATES

PERSISTENCE = {
    "rdb": ("--save", "1 1"),
    "aof": ("--appendonly", "yes", "--appendfsync", "everysec"),
}
"""``rdb`` writes a snapshot each second at most: a kill costs the server about the last second of
what it acknowledged. ``aof`` survives a kill, but not always the answer to the last call."""

SETTLE_S = 60.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to happen.

    Args:
        outcomes: Requests that are decided and reported, over all workers.
        seconds: How long that is to take at least: workers go no faster.
        workers: Processes.
        server_kills: How often the server is killed and started again.
        server_stops: How often it is halted (SIGSTOP) and goes on.
        worker_kills: How often a worker is killed; another goes on with the rest of its share.
        persistence: How the server keeps its data, a key of ``PERSISTENCE``.
        control: Which part is missing, "" for none.
        seed: Settles the order and the times of faults, and all outcomes.
    """

    outcomes: int
    seconds: float
    workers: int = 4
    server_kills: int = 12
    server_stops: int = 6
    worker_kills: int = 6
    persistence: str = "rdb"
    control: str = ""
    seed: int = 20


@dataclass
class _Slot:
    """One place for a worker."""

    quota: int
    incarnation: int = 0
    process: "subprocess.Popen[bytes] | None" = None
    done: int = 0


@dataclass
class Conductor:
    """Carries out a plan.

    Args:
        plan: What is to happen.
        server: The server, running.
        directory: For the workers' ledgers.
    """

    plan: Plan
    server: RedisServer
    directory: Path
    faults: dict[str, int] = field(default_factory=dict)
    longest_outage_s: float = 0.0

    def __post_init__(self) -> None:
        self._random = random.Random(self.plan.seed)  # noqa: S311 - when to strike
        share = self.plan.outcomes // self.plan.workers
        self._slots = [_Slot(share) for _ in range(self.plan.workers)]

    def run(self, show: Callable[[float], object]) -> None:
        """Let the workers report their outcomes, and strike meanwhile; show the progress."""
        strikes = self._strikes()
        for number in range(self.plan.workers):
            self._start(number)
        struck = 0
        while any([self._is_at_work(number) for number in range(self.plan.workers)]):  # noqa: C419 - each one is looked at
            progress = self._progress()
            show(progress)
            # The last tenth is quiet: a strike after the last report would show nothing.
            if struck < len(strikes) and progress >= 0.9 * (struck + 0.5) / len(strikes):
                strikes[struck]()
                struck += 1
            time.sleep(0.02)
        if struck < len(strikes):
            raise RuntimeError(f"only {struck} of {len(strikes)} faults fitted into the run")

    def settle(self) -> int:
        """Report again what nobody knows of, and wait until all journals are adopted.

        Returns:
            How many reports were not known to have returned: at most one per killed worker.
        """
        store = open_store(self.server.url)
        unknown = [one for one, has_returned in intended(self.directory) if not has_returned]
        for one in unknown:  # as a user does whose process was killed in the middle of a report
            store.report(
                one.request_id,
                one.is_success,
                revision=one.revision,
                cost_usd=one.cost_usd,
                latency_s=one.latency_s,
                wait=True,
            )
        store.declare("settling", None)  # wakes what adopts
        deadline_s = time.monotonic() + SETTLE_S
        journals = Path(os.environ["ARMWISE_JOURNAL_DIR"])
        while len(list(journals.glob("*/*/lock"))) > 1 or not store.flush(1.0):
            if time.monotonic() > deadline_s:
                raise RuntimeError("the journals of workers that are gone were not adopted")
            time.sleep(0.05)
        store.close()
        return len(unknown)

    def _strikes(self) -> list[Callable[[], None]]:
        plan = self.plan
        strikes = [self._kill_server] * plan.server_kills
        strikes += [self._halt_server] * plan.server_stops
        strikes += [self._kill_worker] * plan.worker_kills
        self._random.shuffle(strikes)
        return strikes

    def _kill_server(self) -> None:
        self._count("server kills")
        begun_s = time.monotonic()
        self.server.kill()
        time.sleep(self._random.uniform(0.0, 0.6))
        self.server.start()
        self.longest_outage_s = max(self.longest_outage_s, time.monotonic() - begun_s)

    def _halt_server(self) -> None:
        self._count("server stops")
        begun_s = time.monotonic()
        self.server.suspend()
        time.sleep(self._random.uniform(0.3, 1.2))
        self.server.resume()
        self.longest_outage_s = max(self.longest_outage_s, time.monotonic() - begun_s)

    def _kill_worker(self) -> None:
        number = self._random.randrange(self.plan.workers)
        for step in range(self.plan.workers):
            slot = self._slots[(number + step) % self.plan.workers]
            if slot.process is not None and slot.process.poll() is None:
                self._count("worker kills")
                slot.process.send_signal(signal.SIGKILL)
                slot.process.wait()
                return

    def _count(self, fault: str) -> None:
        self.faults[fault] = self.faults.get(fault, 0) + 1

    def _progress(self) -> float:
        reports = self.plan.outcomes * (1.0 + DUPLICATES + CORRECTIONS)
        return returns(self.directory) / reports

    def _is_at_work(self, number: int) -> bool:
        """Return whether a worker has more to do; put another in the place of a killed one."""
        slot = self._slots[number]
        code = None if slot.process is None else slot.process.poll()
        if slot.process is None or code == 0:
            return code is None and slot.done < slot.quota
        if code is None:
            return True
        if code != -signal.SIGKILL:
            raise RuntimeError(f"a worker ended with {code}: see {self.directory}")
        return self._start(number)

    def _start(self, number: int) -> bool:
        """Start the next incarnation of a worker on the rest of its share, if there is any."""
        slot, plan = self._slots[number], self.plan
        slot.done = self._served(number)
        slot.process = None
        if slot.done >= slot.quota:
            return False
        slot.incarnation += 1
        name = f"{number}-{slot.incarnation}"
        words = [sys.executable, "-m", "benchmarks.soak.worker", "--url", self.server.url]
        words += ["--directory", str(self.directory), "--name", name, "--control", plan.control]
        words += ["--outcomes", str(slot.quota - slot.done)]
        words += ["--rate-hz", str(plan.outcomes / plan.workers / plan.seconds)]
        words += ["--seed", str(1000 * plan.seed + 100 * number + slot.incarnation)]
        with (self.directory / f"{name}.log").open("wb") as log:
            slot.process = subprocess.Popen(words, stdout=log, stderr=log)
        return True

    def _served(self, number: int) -> int:
        """Return of how many requests a worker's incarnations have reported an outcome."""
        return len(
            {
                line.split(b" ", 2)[1]
                for path in self.directory.glob(f"{number}-*.intended")
                for line in path.read_bytes().splitlines()
                if line.count(b" ") >= 2
            }
        )

    def close(self) -> None:
        """End what still runs."""
        for slot in self._slots:
            if slot.process is not None and slot.process.poll() is None:
                slot.process.kill()
                slot.process.wait()
