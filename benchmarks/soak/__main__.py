"""Runs the soak and shows what was lost and what was counted twice: nothing, or it fails."""

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

from armwise.storage import connect
from armwise.testing.servers import RedisServer
from benchmarks.reporting import RESULTS, Figure, Options, Report, progress, show, write
from benchmarks.soak.check import verdict
from benchmarks.soak.conductor import PERSISTENCE, Conductor, Plan
from benchmarks.soak.ledger import intended
from benchmarks.soak.worker import CONTROLS

NOTES = """\
- Workers are processes that decide and report through `Router` and `open_store`, half of the
  requests of a goal that keeps everything and half of one that fades by `Outcomes(500)`. 5 % of the
  outcomes are reported twice, 3 % corrected under revision 2, 4 % reported up to 3 s late.
- Each writes down what it reports in files of its own, before and after `report_outcome`. At the
  end a memory store is told all of that in another order; lost and doubled are differences of
  attempts per arm, and "integers that differ" is 0 if every sum, count and tick is the same.
- A report under way when its worker was killed is made again at the end, as its user would.
"""


DEFAULTS = {"server_kills": 20, "server_stops": 10, "worker_kills": 8, "persistence": "rdb"}


def main() -> int:
    """Run the soak; return 1 if an outcome was lost or counted twice."""
    plan, out = _options()
    busy = os.getloadavg()[0]
    with (
        tempfile.TemporaryDirectory() as folder,
        RedisServer(*PERSISTENCE[plan.persistence]) as server,
    ):
        os.environ["ARMWISE_JOURNAL_DIR"] = str(Path(folder) / "journals")
        ledgers = Path(folder) / "ledgers"
        ledgers.mkdir()
        conductor = Conductor(plan, server, ledgers)
        report = _soaked(plan, conductor)
    show(report.title, report.figures)
    if out is not None:
        words = (f"--outcomes {plan.outcomes} --seconds {plan.seconds:g}",)
        given = {name: getattr(plan, name) for name in DEFAULTS}
        words += tuple(
            f"--{name.replace('_', '-')} {value}"
            for name, value in given.items()
            if value != DEFAULTS[name]
        )
        write(report, Options(False, out, plan.seed, words), busy)
    return 0 if all(figure.is_met is not False for figure in report.figures) else 1


def _soaked(plan: Plan, conductor: Conductor) -> Report:
    server = conductor.server
    begun_s = time.monotonic()
    try:
        with progress("soak", 1000) as advance:
            shown = 0

            def show_progress(share: float) -> None:
                nonlocal shown
                while shown < min(1000, int(1000 * share)):
                    shown += 1
                    advance()

            conductor.run(show_progress)
        took_s = time.monotonic() - begun_s
        unknown = conductor.settle()
    finally:
        conductor.close()
    settled_s = time.monotonic() - begun_s - took_s
    store = connect(server.url)
    reports = [one for one, _ in intended(conductor.directory)]
    found = verdict(store, reports, plan.seed)
    client = server.client()
    info = client.info("server")
    name = "valkey" if "valkey_version" in info else "redis"
    version = f"{name} {info.get('valkey_version', info['redis_version'])}"
    client.close()
    store.close()
    faults = conductor.faults
    figures = [
        Figure("outcomes", "outcomes reported", found.outcomes, ""),
        Figure("reports", "reports, with repetitions and corrections", found.reports, ""),
        Figure("lost", "outcomes lost", found.lost, "", target=0),
        Figure("doubled", "outcomes counted twice", found.doubled, "", target=0),
        Figure("unequal", "integers that differ (0 or 1)", int(not found.is_equal), "", target=0),
        Figure("unknown", "reports under way when a worker was killed", unknown, ""),
        *(
            Figure(name.replace(" ", "_"), name, faults.get(name, 0), "")
            for name in ("server kills", "server stops", "worker kills")
        ),
        Figure("longest_outage", "longest outage of the server", conductor.longest_outage_s, "s"),
        Figure("rate", "outcomes per second, outages included", found.outcomes / took_s, "1/s"),
        Figure("settled", "until everything was adopted and delivered", settled_s, "s"),
    ]
    return Report(
        name=f"soak-{plan.persistence}",
        title=f"Outcomes through crashes of server and workers ({plan.persistence.upper()})",
        figures=figures,
        spread="none: counts of one run",
        settings={
            "workers": plan.workers,
            "server": version,
            "persistence": " ".join(PERSISTENCE[plan.persistence]),
            "control": plan.control or "none",
        },
        notes=NOTES,
        module="soak",
        group="test",
    )


def _options() -> tuple[Plan, Path | None]:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument("--outcomes", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=240.0, help="that it takes at least")
    parser.add_argument("--server-kills", type=int, default=DEFAULTS["server_kills"])
    parser.add_argument("--server-stops", type=int, default=DEFAULTS["server_stops"])
    parser.add_argument("--worker-kills", type=int, default=DEFAULTS["worker_kills"])
    parser.add_argument("--persistence", choices=PERSISTENCE, default="rdb")
    parser.add_argument("--control", choices=CONTROLS, default="", help="leave a part out")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--quick", action="store_true", help="10,000 outcomes, writes nothing")
    parser.add_argument("--out", type=Path, help=f"folder to write to (default: {RESULTS.name})")
    given = vars(parser.parse_args())
    is_quick, out = given.pop("quick"), given.pop("out")
    if is_quick:
        given |= {"outcomes": 10_000, "seconds": 10.0, "server_kills": 4, "server_stops": 2}
        given |= {"worker_kills": 2}
    return Plan(**given), out or (None if is_quick or given["control"] else RESULTS)


if __name__ == "__main__":
    sys.exit(main())
