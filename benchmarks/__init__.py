"""What armwise costs, measured: one small program per claim.

``python -m benchmarks.NAME`` runs one of them from the repository's root, ``python -m benchmarks``
all; ``--quick`` tries them with small numbers. The figures of record are in ``results/``.
"""
