"""How kwok plays pods that never become ready: a label of the pod template says what they are stuck in.

`opsconsole.test/stuck: image` waits in ImagePullBackOff, `crash` in CrashLoopBackOff, `slow` in ContainerCreating. Of a
pod with the annotation `opsconsole.test/status` the kubelet says what stands there (YAML with a `startTime`), and one
with `opsconsole.test/stays` terminates for ever. A node with the label has no kubelet.
"""

from typing import Any

import yaml

LABEL = "opsconsole.test/stuck"
PLAYED = "opsconsole.test/status"
STAYS = "opsconsole.test/stays"
_KEY = f'.metadata.labels["{LABEL}"]'
_PLAYED_KEY = f'.metadata.annotations["{PLAYED}"]'
_STAYS_KEY = f'.metadata.annotations["{STAYS}"]'
PULL_MESSAGE = 'Back-off pulling image "{{ .image }}": ErrImagePull: rpc error: code = NotFound desc = not found'
CRASH_MESSAGE = "back-off 40s restarting failed container={{ .name }}"


def play_stuck(stages: str) -> str:
    """kwok's own Stage documents, of which the one that makes pods ready passes by labelled pods; and ours."""
    documents = [each for each in yaml.safe_load_all(stages) if each]
    passed_by = {
        "pod-ready": (_KEY, _PLAYED_KEY), "pod-complete": (_PLAYED_KEY,), "pod-delete": (_STAYS_KEY,),
        "node-initialize": (_KEY,),
    }  # fmt: skip
    for each in documents:
        for key in passed_by.get(each["metadata"]["name"], ()):
            each["spec"]["selector"]["matchExpressions"].append({"key": key, "operator": "DoesNotExist"})
    documents += [
        _stage("image", _PULL, "Failed", "Error: ImagePullBackOff"),
        _stage("crash", _CRASH, "BackOff", "Back-off restarting failed container"),
        _played(),
    ]
    return yaml.safe_dump_all(documents)


_CONDITIONS = """
{{ $now := Now }}
conditions:
- {type: Initialized, status: "True", lastTransitionTime: {{ $now | Quote }}}
- {type: Ready, status: "False", reason: ContainersNotReady, lastTransitionTime: {{ $now | Quote }}}
- {type: ContainersReady, status: "False", reason: ContainersNotReady, lastTransitionTime: {{ $now | Quote }}}
startTime: {{ $now | Quote }}
"""
_PULL = f"""{_CONDITIONS}
phase: Pending
containerStatuses:
{{{{ range .spec.containers }}}}
- image: {{{{ .image | Quote }}}}
  name: {{{{ .name | Quote }}}}
  ready: false
  restartCount: 0
  imageID: ""
  state:
    waiting:
      reason: ImagePullBackOff
      message: '{PULL_MESSAGE}'
{{{{ end }}}}
"""
_CRASH = f"""{_CONDITIONS}
phase: Running
containerStatuses:
{{{{ range .spec.containers }}}}
- image: {{{{ .image | Quote }}}}
  name: {{{{ .name | Quote }}}}
  ready: false
  restartCount: 4
  imageID: ""
  lastState:
    terminated:
      exitCode: 1
      reason: Error
      startedAt: {{{{ $now | Quote }}}}
      finishedAt: {{{{ $now | Quote }}}}
  state:
    waiting:
      reason: CrashLoopBackOff
      message: '{CRASH_MESSAGE}'
{{{{ end }}}}
"""


def _stage(value: str, status: str, reason: str, message: str) -> dict[str, Any]:
    event = {"type": "Warning", "reason": reason, "message": message}
    which = {"key": _KEY, "operator": "In", "values": [value]}
    return _once(f"pod-stuck-{value}", which, {"event": event, "statusTemplate": status})


def _played() -> dict[str, Any]:
    which = {"key": _PLAYED_KEY, "operator": "Exists"}
    return _once("pod-played", which, {"statusTemplate": f'{{{{ index .metadata.annotations "{PLAYED}" }}}}'})


def _once(name: str, which: dict[str, Any], what: dict[str, Any]) -> dict[str, Any]:
    """A stage of pods that have not begun to start: it sets their start time."""
    begins = [
        {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"},
        which,
        {"key": ".status.startTime", "operator": "DoesNotExist"},
    ]
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": name},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
            "selector": {"matchExpressions": begins},
            "next": what,
        },
    }
