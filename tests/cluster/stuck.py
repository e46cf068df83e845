"""How kwok plays pods that never become ready: a label of the pod template says what they are stuck in.

`opsconsole.test/stuck: image` waits in ImagePullBackOff, `crash` in CrashLoopBackOff, `slow` in ContainerCreating.
"""

from typing import Any

import yaml

LABEL = "opsconsole.test/stuck"
_KEY = f'.metadata.labels["{LABEL}"]'
PULL_MESSAGE = 'Back-off pulling image "{{ .image }}": ErrImagePull: rpc error: code = NotFound desc = not found'
CRASH_MESSAGE = "back-off 40s restarting failed container={{ .name }}"


def play_stuck(stages: str) -> str:
    """kwok's own Stage documents, of which the one that makes pods ready passes by labelled pods; and ours."""
    documents = [each for each in yaml.safe_load_all(stages) if each]
    ready = next(each for each in documents if each["metadata"]["name"] == "pod-ready")
    ready["spec"]["selector"]["matchExpressions"].append({"key": _KEY, "operator": "DoesNotExist"})
    documents += [
        _stage("image", _PULL, "Failed", "Error: ImagePullBackOff"),
        _stage("crash", _CRASH, "BackOff", "Back-off restarting failed container"),
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
    return {
        "apiVersion": "kwok.x-k8s.io/v1alpha1",
        "kind": "Stage",
        "metadata": {"name": f"pod-stuck-{value}"},
        "spec": {
            "resourceRef": {"apiGroup": "v1", "kind": "Pod"},
            "selector": {
                "matchExpressions": [
                    {"key": ".metadata.deletionTimestamp", "operator": "DoesNotExist"},
                    {"key": _KEY, "operator": "In", "values": [value]},
                    {"key": ".status.startTime", "operator": "DoesNotExist"},
                ]
            },
            "next": {
                "event": {"type": "Warning", "reason": reason, "message": message},
                "statusTemplate": status,
            },
        },
    }
