"""``python -m armwise`` is the ``armwise`` command."""

from armwise.cli import main

if __name__ == "__main__":
    main()
