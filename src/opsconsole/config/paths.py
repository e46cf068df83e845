"""Where the settings are looked for, and where state is kept."""

import os
from pathlib import Path

import platformdirs

ENVIRONMENT = "OPSCONSOLE_CONFIG"
APPLICATION = "opsconsole"
SYSTEM_FILE = Path("/etc/opsconsole/config.toml")


def user_file() -> Path:
    """The operator's own settings file: `opsconsole/config.toml` in the XDG configuration directory."""
    return Path(platformdirs.user_config_dir(APPLICATION)) / "config.toml"


def state_dir() -> Path:
    """Where the store and the log lie."""
    return Path(platformdirs.user_state_dir(APPLICATION))


def named_file(path: str | Path | None = None) -> Path | None:
    """The file that --config or $OPSCONSOLE_CONFIG names; the option wins."""
    chosen = path or os.environ.get(ENVIRONMENT)
    return Path(chosen).expanduser() if chosen else None


def candidates(path: str | Path | None = None) -> tuple[Path, ...]:
    """The files that are read, later ones over earlier ones. A named file stands alone."""
    named = named_file(path)
    return (named,) if named else (SYSTEM_FILE, user_file())
