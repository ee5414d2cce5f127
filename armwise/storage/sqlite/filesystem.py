"""Which file system a path is on, and whether processes of one machine can share SQLite on it.

Write-ahead logging keeps its index in memory that all processes share, which no network file system
offers; and file locks on these are often granted twice. Both damage a database silently.
"""

from pathlib import Path

NETWORK = frozenset(
    {
        "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.ceph", "fuse.davfs",
        "fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "glusterfs",
        "gpfs", "lustre", "ncpfs", "nfs", "nfs3", "nfs4", "smb", "smb2", "smb3", "smbfs",
    }
)  # fmt: skip
"""Types of file systems, as Linux names them, whose files live on another machine."""

_MOUNTS = Path("/proc/self/mounts")


def file_system_of(path: Path) -> str | None:
    """Return the type of the file system that holds a path; None where it cannot be told.

    Args:
        path: Absolute, without symbolic links; it need not exist.
    """
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:  # macOS has no such list
        return None
    return type_in_mounts(str(path), mounts)


def type_in_mounts(path: str, mounts: str) -> str | None:
    """Return the type of the longest mount point above a path.

    Args:
        path: Absolute path.
        mounts: Text as in ``/proc/self/mounts``; of two mounts on one point the later one holds.
    """
    longest, found = "", None
    for line in mounts.splitlines():
        fields = line.split()
        if len(fields) < 3:  # noqa: PLR2004 - device, mount point, type
            continue
        point = _unescaped(fields[1])
        is_above = path == point or path.startswith(point.rstrip("/") + "/")
        if is_above and len(point) >= len(longest):
            longest, found = point, fields[2]
    return found


def _unescaped(point: str) -> str:
    for octal, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(octal, character)
    return point
