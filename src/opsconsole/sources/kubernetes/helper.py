"""The credential helper of a kubeconfig (`exec`), run without a terminal, with a limit, and its words kept.

Protocol: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
"""

import json
import os
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from ...model.reading import ProblemKind
from ...text import clock
from ...text.clean import clean
from ...text.redact import remember
from .. import command
from ..errors import SourceError

LIMIT_S = 30.0
_SOON = timedelta(seconds=30)
KEPT_AT_LEAST_S = 60.0
"""A credential is used for so long even if it seems to have run out: where the clocks disagree each new one does."""
_SIGN_IN = {
    "aws": "aws sso login",
    "aws-iam-authenticator": "aws sso login",
    "gke-gcloud-auth-plugin": "gcloud auth login",
    "gcloud": "gcloud auth login",
    "kubelogin": "az login",
    "az": "az login",
    "doctl": "doctl auth init",
    "oci": "oci session authenticate",
    "tsh": "tsh login",
    "oc": "oc login",
}
"""What one runs, in a terminal, to sign in anew for the usual helpers."""


class Credential(msgspec.Struct, frozen=True, gc=False):
    token: str = ""
    certificate: str = ""
    key: str = ""
    expires: datetime | None = None

    def fresh(self) -> bool:
        return self.expires is None or self.expires - clock.now() > _SOON


class Helper:
    """One `exec` stanza; keeps its last credential until that expires."""

    def __init__(self, stanza: Mapping[str, Any], folder: Path | None, cluster: Mapping[str, Any]) -> None:
        program = stanza.get("command")
        if not isinstance(program, str) or not program:
            raise SourceError(
                ProblemKind.MISCONFIGURED, "the kubeconfig names a credential helper without a command",
                "correct `users[].user.exec.command`",
            )  # fmt: skip
        if os.sep in program and not os.path.isabs(program) and folder is not None:
            program = str(folder / program)
        self.command = program
        self._arguments = [str(item) for item in stanza.get("args") or ()]
        self._environment = {
            str(item["name"]): str(item.get("value") or "")
            for item in stanza.get("env") or ()
            if isinstance(item, Mapping) and "name" in item
        }
        self._version = str(stanza.get("apiVersion") or "client.authentication.k8s.io/v1")
        self._cluster = dict(cluster) if stanza.get("provideClusterInfo") else None
        self._hint = clean(str(stanza.get("installHint") or ""), 300)
        self._needs_terminal = stanza.get("interactiveMode") == "Always"
        self._credential: Credential | None = None
        self._got_at = 0.0

    @property
    def remedy(self) -> str:
        """What the operator runs to sign in again."""
        sign_in = _SIGN_IN.get(Path(self.command).name)
        run = sign_in or f"{Path(self.command).name} in another terminal"
        return f"run `{run}` and press r" if sign_in else f"run {run} and press r"

    @property
    def holds(self) -> bool:
        """Whether its credential is still good for a while."""
        if self._credential is None:
            return False
        return self._credential.fresh() or clock.boottime() - self._got_at < KEPT_AT_LEAST_S

    def forget(self) -> None:
        """The server refused the credential: ask the helper again next time."""
        self._credential = None

    async def credential(self) -> Credential:
        """The credential in force, from the helper if need be. SourceError (UNAUTHORIZED, MISCONFIGURED)."""
        if self._credential is None or not self.holds:
            self._credential = await self._run()
            self._got_at = clock.boottime()
        return self._credential

    async def _run(self) -> Credential:
        name = clean(Path(self.command).name, 60)
        if self._needs_terminal:
            raise SourceError(
                ProblemKind.UNAUTHORIZED,
                f"the credential helper {name} asks questions and needs a terminal",
                self.remedy,
            )
        code, output, said = await self._execute(name)
        if code != 0:
            words = f": {said}" if said else ""
            raise SourceError(
                ProblemKind.UNAUTHORIZED, f"the credential helper {name} failed ({code}){words}", self.remedy
            )
        return self._read(name, output)

    async def _execute(self, name: str) -> command.Ended:
        spec: dict[str, Any] = {"interactive": False}
        if self._cluster is not None:
            spec["cluster"] = self._cluster
        info = {"apiVersion": self._version, "kind": "ExecCredential", "spec": spec}
        environment = {**self._environment, "KUBERNETES_EXEC_INFO": json.dumps(info)}
        try:
            return await command.run((self.command, *self._arguments), environment, LIMIT_S)
        except OSError as error:
            raise SourceError(
                ProblemKind.MISCONFIGURED,
                f"the credential helper {name} cannot be started: {clean(error.strerror or str(error), 120)}",
                self._hint or f"install {name}, or correct `users[].user.exec.command` in the kubeconfig",
            ) from error
        except command.NoAnswer as silence:
            words = f": {silence}" if str(silence) else ""
            raise SourceError(
                ProblemKind.UNAUTHORIZED,
                f"the credential helper {name} gave no answer within {LIMIT_S:g} s{words}",
                self.remedy,
            ) from None

    def _read(self, name: str, output: bytes) -> Credential:
        try:
            status = json.loads(output)["status"]
            expires = status.get("expirationTimestamp")
            credential = Credential(
                status.get("token") or "",
                status.get("clientCertificateData") or "",
                status.get("clientKeyData") or "",
                clock.parse(expires) if expires else None,
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            raise SourceError(
                ProblemKind.UNAUTHORIZED, f"the credential helper {name} answered something that is no ExecCredential",
                self.remedy,
            ) from None  # fmt: skip
        if not credential.token and not (credential.certificate and credential.key):
            raise SourceError(
                ProblemKind.UNAUTHORIZED, f"the credential helper {name} gave neither a token nor a certificate",
                self.remedy,
            )  # fmt: skip
        remember(credential.token)
        return credential
