"""After a fork every process delivers what was reported in it, and nothing else."""

from collections.abc import Callable
from typing import Any

from armwise.testing.servers import RedisServer

Scripts = Callable[[str], Any]

FORKS = """
router = opened()
say("ready"); hear()
report(router, 100)
children = []
for _ in range(3):
    child = os.fork()
    if not child:
        say(f"child waits {router.stats().store.waiting}")
        report(router, 10)
        is_delivered = router.flush(30.0)
        router.close()
        os._exit(0 if is_delivered else 1)
    children.append(child)
codes = [os.waitpid(child, 0)[1] for child in children]
say(f"codes {codes} waiting {router.flush(30.0)}")
router.close()
"""


def test_a_child_does_not_send_what_its_parent_reported(
    script: Scripts, server: RedisServer, outcomes: Callable[[], int]
) -> None:
    """With 100 outcomes unsent, children start empty; 100 + 3 x 10 are counted in the end."""
    parent = script(FORKS)
    assert parent.hear() == "ready"
    server.suspend()
    parent.say()
    said = [parent.hear() for _ in range(3)]
    server.resume()
    code, rest, warned = parent.end()

    assert said == ["child waits 0"] * 3
    assert "codes [0, 0, 0] waiting True" in rest
    assert code == 0, warned
    assert outcomes() == 130


KILLED_CHILD = """
router = opened()
say("ready"); hear()
child = os.fork()
if not child:
    report(router, 50)
    os.kill(os.getpid(), signal.SIGKILL)
os.waitpid(child, 0)
say("killed"); hear()
"""


def test_a_parent_adopts_what_its_killed_child_reported(
    script: Scripts,
    server: RedisServer,
    outcomes: Callable[[], int],
    until: Callable[[Callable[[], bool]], bool],
) -> None:
    """A child has a journal of its own, which its living parent finds."""
    parent = script(KILLED_CHILD)
    assert parent.hear() == "ready"
    server.suspend()
    parent.say()
    assert parent.hear() == "killed"
    server.resume()

    assert until(lambda: outcomes() == 50)
