"""Builds the control plane's binaries from the pinned Go modules into a cache folder, once for each go.sum."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
BINARIES = (
    "server", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "kwok", "metrics-server",
)  # fmt: skip
"""What the tests run; etcd's binary is called `server` after its Go package."""
STAGES = ("node/fast", "node/heartbeat-with-lease", "pod/fast")
"""Folders of kwok's own module: how nodes come to life, stay alive, and how pods start and end."""
COMPLETE = "complete"


class CannotBuild(Exception):
    """Says what is missing and how to get it."""


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/opsconsole/cluster-<first 16 hex digits of go.sum's SHA-256>`; may not exist yet."""
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    digest = hashlib.sha256((HERE / "go.sum").read_bytes()).hexdigest()[:16]
    return base / "opsconsole" / f"cluster-{digest}"


def is_built() -> bool:
    """Whether a build ran to its end."""
    return (cache_folder() / COMPLETE).exists()


def binary(name: str) -> Path:
    """The path of one built binary."""
    return cache_folder() / name


def build() -> Path:
    """Builds what is not built yet and returns the folder.

    Takes 7–12 minutes on two cores from an empty Go cache, seconds when that cache is warm. Raises `CannotBuild`.
    """
    folder = cache_folder()
    if is_built():
        return folder
    check_go()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="building-") as temporary:
        made = Path(temporary) / "made"
        made.mkdir()
        command = ["go", "build", "-trimpath", "-ldflags", f"-s -w {_version_flag()}", "-o", f"{made}/", "tool"]
        if subprocess.run(command, cwd=HERE, check=False).returncode:
            raise CannotBuild(f"`{' '.join(command)}` failed in {HERE}: its messages stand above")
        copy_stages(made)
        (made / COMPLETE).touch()
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)
    return folder


def _version_flag() -> str:
    """A module build leaves Kubernetes' version out; kubectl needs one that can be compared."""
    found = re.search(r"^\tk8s\.io/kubernetes (v\S+)", (HERE / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return f"-X k8s.io/component-base/version.gitVersion={found[1]}"


def copy_stages(folder: Path) -> None:
    """Puts kwok's Stage documents beside the binaries, so that running the plane needs no Go."""
    listed = subprocess.run(
        ["go", "list", "-m", "-f", "{{.Dir}}", "sigs.k8s.io/kwok"], cwd=HERE, check=True, capture_output=True, text=True
    )
    module = Path(listed.stdout.strip()) / "kustomize" / "stage"
    documents = [
        file.read_text(encoding="utf-8")
        for stage in STAGES
        for file in sorted((module / stage).glob("*.yaml"))
        if file.name != "kustomization.yaml"
    ]
    (folder / "stages.yaml").write_text("\n---\n".join(documents), encoding="utf-8")


def check_go() -> None:
    """Raises `CannotBuild` unless a Go is there that is new enough for go.mod."""
    needed = re.search(r"^go (\S+)", (HERE / "go.mod").read_text(encoding="utf-8"), re.MULTILINE)
    assert needed is not None
    if shutil.which("go") is None:
        raise CannotBuild(f"Go is not installed: install Go {needed[1]} or newer (https://go.dev/dl/)")
    # GOTOOLCHAIN=local: go must not fetch another toolchain by itself.
    said = subprocess.run(
        ["go", "version"], check=True, capture_output=True, text=True, env={**os.environ, "GOTOOLCHAIN": "local"}
    ).stdout
    found = re.search(r"go(\d+(?:\.\d+)*)", said)
    if found is None or _parts(found[1]) < _parts(needed[1]):
        raise CannotBuild(f"Go {needed[1]} or newer is needed, this is {said.strip()}: https://go.dev/dl/")


def _parts(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def main() -> int:
    if is_built():
        print(f"The control plane is built: {cache_folder()}")
        return 0
    print(f"Building a control plane ({', '.join(BINARIES)}): 7–12 minutes …")
    try:
        folder = build()
    except CannotBuild as error:
        print(error, file=sys.stderr)
        return 1
    print(f"Built: {folder}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
