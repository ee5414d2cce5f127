"""The offline regret benchmark: ``armwise bench`` with its results in ``results/regret/``."""

import sys

from armwise.cli import main
from benchmarks.reporting import RESULTS

if __name__ == "__main__":
    words = sys.argv[1:]
    is_told_where = any(word.partition("=")[0] == "--out" for word in words)
    has_none = is_told_where or "--quick" in words
    out = [] if has_none else ["--out", str(RESULTS / "regret")]
    sys.argv = ["armwise", "bench", *words, *out]
    main()
