"""A model server in a process of its own, so that it does not share the client's interpreter."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager

from armwise.testing import LoopbackServer, fixed

MODEL = "gpt-4o-mini"


@contextmanager
def loopback() -> Generator[str]:
    """Start the server; yield its base address; end it."""
    words = [sys.executable, "-m", "benchmarks.loopback"]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("the server was started without pipes")
        yield process.stdout.readline().strip()
        process.stdin.close()  # what it waits for; it also ends if this process dies
        process.wait(10)


def serve() -> None:
    """Answer at once with the same short text until standard input is closed."""
    answer = fixed("Apple", input_tokens=20, output_tokens=2)
    with LoopbackServer({MODEL: answer}, keep_requests=1) as server:
        print(server.api_base, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    serve()
