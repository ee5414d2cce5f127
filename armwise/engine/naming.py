"""How a bucket is named: "task type/level", or "task type[key=value,...]/level" with a context."""

import re
from collections.abc import Mapping

from armwise.errors import ConfigurationError

MOST_KEYS = 3
"""Keys of a context. Each one multiplies the number of buckets, and every bucket learns alone what
it does not borrow."""

OTHER = "other"
"""What stands for labels that have come in too large a number."""

_MOST_TASK_BYTES = 150
"""Of task type and context together: a bucket's name, with its level, has 255 in a request id."""

_CONTEXT = re.compile(rf"\[([^\[\]]*=[^\[\]]*|{OTHER})\]$")
_ESCAPES = {ord(character): f"%{ord(character):02X}" for character in "%[],="}


def context_text(context: Mapping[str, str] | None) -> str:
    """Return a context as it stands in a bucket's name, "" for none: keys sorted."""
    if not context:
        return ""
    return ",".join(
        f"{key.translate(_ESCAPES)}={context[key].translate(_ESCAPES)}" for key in sorted(context)
    )


def in_context(task_type: str, context: str) -> str:
    """Return the name of a task type in a context.

    Raises:
        ConfigurationError: If it is too long.
    """
    if not context:
        return task_type
    name = f"{task_type}[{context}]"
    size = len(name.encode())
    if size > _MOST_TASK_BYTES:
        raise ConfigurationError(
            f"task_type and context must have at most {_MOST_TASK_BYTES} bytes together, got "
            f"{size}: {name[:60]!r}... Write short labels, such as an id for a tenant."
        )
    return name


def split_task(name: str) -> tuple[str, str]:
    """Return the task type and the context of such a name."""
    found = _CONTEXT.search(name)
    return (name, "") if found is None else (name[: found.start()], found.group(1))


def task_type_of(bucket: str) -> str:
    """Return the task type of a bucket, without its context."""
    return split_task(bucket.rpartition("/")[0])[0]
