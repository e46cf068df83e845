"""Builds the control plane's binaries from the pinned Go modules into a cache folder, once for each go.sum."""

import subprocess
import sys
from pathlib import Path

from tests.go_build import GoModule, pinned_version

HERE = Path(__file__).parent
STAGES = ("node/fast", "node/heartbeat-with-lease", "pod/fast")
"""Folders of kwok's own module: how nodes come to life, stay alive, and how pods start and end."""


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


CLUSTER = GoModule(
    "cluster",
    HERE,
    "a control plane (kube-apiserver with its controllers and scheduler, etcd, kubectl, kwok, metrics-server)",
    minutes="7–12",
    command="make cluster",
    # A module build leaves Kubernetes' version out; kubectl needs one that can be compared.
    link=f"-X k8s.io/component-base/version.gitVersion={pinned_version(HERE, 'k8s.io/kubernetes')}",
    finish=copy_stages,
    optimised=False,
)
"""etcd's binary is called `server` after its Go package."""

cache_folder = CLUSTER.cache_folder
is_built = CLUSTER.is_built
binary = CLUSTER.binary
have_binaries = CLUSTER.have


if __name__ == "__main__":
    sys.exit(CLUSTER.main())
