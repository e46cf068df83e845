"""What a forward goes to, as the settings write it, and what kubectl's last words mean."""

import re

import msgspec

from ...model.reading import ProblemKind
from ...text.clean import clean
from ...text.redact import redact
from ..errors import SourceError

_LABEL = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?"
_FORM = re.compile(
    rf"kube://(?P<namespace>{_LABEL})/(?P<kind>pod/)?(?P<object>{_LABEL}):(?P<port>[a-z0-9](?:[a-z0-9-]{{0,61}}[a-z0-9])?)"
)
_KLOG = re.compile(r'^[IWEF]\d{4} [\d:.]+ +\d+ \S+\] (?:"Unhandled Error" err=)?')
_FORBIDDEN = re.compile(r'cannot (?P<verb>[a-z]+) resource "(?P<resource>[a-z/]+)"')
_UNKNOWN = re.compile(r'(?:services|pods) "[^"]*" not found|namespaces "[^"]*" not found')
_UNAUTHORIZED = re.compile(r"Unauthorized|must be logged in|getting credentials")
_WRONG_PORT = re.compile(r"does not have a (?:service|named) port|does not have a port|UDP protocol")
GENERAL = "lost connection to pod"
"""What kubectl says last of all, whatever was wrong."""
ECHO = "error copying from "
"""Says that one side of a connection has closed it, which may well be ours."""
POD_REMEDY = "check that a pod of it runs and listens there"
RIGHTS = "config/kubernetes-forward.yaml has the rights: get services, get and list pods, create pods/portforward"


class Target(msgspec.Struct, frozen=True, gc=False):
    """A service, or one pod of it, and a port: a number or the name that the service gives it."""

    namespace: str
    kind: str
    object: str
    port: str

    def __str__(self) -> str:
        prefix = "pod/" if self.kind == "pod" else ""
        return f"kube://{self.namespace}/{prefix}{self.object}:{self.port}"

    @property
    def name(self) -> str:
        """The service's name in the cluster's DNS; a pod has none that one could know."""
        return f"{self.object}.{self.namespace}.svc" if self.kind == "service" else self.object


def parse(through: str) -> Target | None:
    """`kube://NAMESPACE/SERVICE:PORT` or `kube://NAMESPACE/pod/NAME:PORT`; None for anything else."""
    form = _FORM.fullmatch(through)
    if form is None:
        return None
    return Target(form["namespace"], "pod" if form["kind"] else "service", form["object"], form["port"])


def plain(said: str) -> str:
    """kubectl's last lines without the marks of its log, fit to be shown."""
    lines = [_KLOG.sub("", line.strip()).removeprefix("error: ").strip('"') for line in said.splitlines()]
    lines = list(dict.fromkeys(line for line in lines if line))
    lines = [line for line in lines if not line.startswith(ECHO)]
    telling = [line for line in lines if line != GENERAL] or lines
    return clean(redact(" / ".join(telling[-2:])), 300)


def failure(target: Target, said: str, sign_in: str) -> SourceError:
    """The error of a forward that did not come about or ended; `sign_in` says how one gets fresh credentials."""
    if (right := _FORBIDDEN.search(said)) is not None:
        sentence = f"may not {right['verb']} {right['resource']} in {target.namespace}: {target} cannot be reached"
        return SourceError(ProblemKind.FORBIDDEN, sentence, RIGHTS)
    if _UNKNOWN.search(said):
        sentence = f"{target} is not there: {said}"
        return SourceError(ProblemKind.MISCONFIGURED, sentence, "check namespace and name in the settings")
    if _WRONG_PORT.search(said):
        sentence = f"{target} has no such port: {said}"
        return SourceError(ProblemKind.MISCONFIGURED, sentence, "check the port in the settings")
    if _UNAUTHORIZED.search(said):
        return SourceError(ProblemKind.UNAUTHORIZED, f"{target} cannot be reached: {said}", sign_in)
    return SourceError(ProblemKind.UNREACHABLE, f"{target} cannot be reached: {said}", POD_REMEDY)
