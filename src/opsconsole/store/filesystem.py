"""Whether a file lies on a network file system, where SQLite's write-ahead log is not safe."""

import os
import re
from pathlib import Path

MOUNTS = Path("/proc/self/mountinfo")

NETWORK = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "ceph", "glusterfs", "lustre", "gpfs", "davfs", "fuse.sshfs"}
    | {"fuse.glusterfs", "fuse.s3fs", "fuse.rclone", "beegfs", "ncpfs", "orangefs", "vboxsf", "fuse.cephfs"}
)


def on_network(path: Path, mounts: Path = MOUNTS) -> bool:
    """True where the deepest mount above the path is of a network kind; False where that cannot be told."""
    return kind(path, mounts) in NETWORK


def kind(path: Path, mounts: Path = MOUNTS) -> str:
    """The file system type of the path, "" where it cannot be told (format: proc_pid_mountinfo(5))."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    real = os.path.realpath(path)
    best, found = "", ""
    for line in lines:
        fields, _, rest = line.partition(" - ")
        point = re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields.split(" ")[4])
        below = real == point or real.startswith(point.rstrip("/") + "/")
        if below and len(point) >= len(best):
            best, found = point, rest.split(" ")[0]
    return found
