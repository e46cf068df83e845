"""A real Kubernetes control plane for the tests: `build` makes its binaries once, `plane` runs it, `fixtures` lends it.

    python -m tests.cluster.build          # 7–12 minutes the first time, seconds afterwards; also `make cluster`
    OPSCONSOLE_REQUIRE=cluster pytest …    # builds on demand and fails, instead of skipping, where it cannot

A test asks for the fixture `real_cluster` and gets a running `Plane`: `url`, `ca_pem`, `tokens[user]`,
`kubeconfig(user)` for the users `admin` (everything), `viewer` (get, list, watch everywhere but Secrets), `tenant`
(everything in the namespace `social-live-prod` and nothing else) and `operator` (nothing, until a test applies
config/kubernetes-rbac.yaml). Nodes and pods are played by kwok; usage figures are whatever a test writes with
`Plane.set_usage`, logs what it writes with `Plane.write_log`. `objects` makes what tests of actions need, `stuck` says
with which label a pod never becomes ready, and how one is told what its kubelet says; `metrics_server` is the real
one, beside a plane.
"""
