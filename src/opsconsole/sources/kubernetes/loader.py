"""The one module that imports the Kubernetes package: reads kubeconfig with it and makes its client.

The import costs 0.3 s and 45 MB, so whoever needs this module imports it in a thread, after the first paint. Of the
package's parts that are replaced: the credential helper (it inherits the terminal and has no time limit), and the
temporary files into which it writes keys.
"""

import base64
import binascii
import contextlib
import os
import ssl
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException, incluster_config, kube_config

from ...model.reading import ProblemKind
from ...text import clock
from ...text.clean import clean
from ...text.redact import redact, remember
from ..errors import SourceError
from . import contexts
from .certificate import validity
from .helper import Credential, Helper
from .keys import key_files, sweep

# the package's config modules carry no types
FileOrData: Any = kube_config.FileOrData
KubeConfigLoader: Any = kube_config.KubeConfigLoader
KubeConfigMerger: Any = kube_config.KubeConfigMerger
load_incluster_config: Any = incluster_config.load_incluster_config

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
IN_CLUSTER = "in-cluster"


class Login:
    """How to reach one cluster: where it is, as whom, and the client's configuration."""

    def __init__(self, kubeconfig: str | None, context: str | None) -> None:
        """Reads the files (blocking). SourceError (MISCONFIGURED) in words for the operator."""
        sweep()
        self.helper: Helper | None = None
        self._loader: _Loader | None = None
        self._files = [path for path in contexts.paths(kubeconfig) if path.is_file()]
        if not self._files and "KUBERNETES_SERVICE_HOST" in os.environ and kubeconfig is None:
            self._from_service_account()
            return
        known = {item.name: item for item in contexts.contexts(kubeconfig)}
        # the package lets the last file win where kubectl lets the first: the context is always named to it
        wanted = context or next((item.name for item in known.values() if item.current), "")
        if wanted not in known:
            raise _no_context(wanted, tuple(known), contexts.paths(kubeconfig), bool(self._files))
        chosen = known[wanted]
        self.context, self.user, self.namespace = wanted, chosen.user, chosen.namespace or "default"
        with _in_words(self._files):
            merged = KubeConfigMerger(os.pathsep.join(map(str, self._files))).config
            self._loader = _Loader(config_dict=merged, active_context=wanted, config_base_path=None)
            self.helper = self._loader.helper

    @property
    def remedy(self) -> str:
        """What the operator does when the server refuses the credentials."""
        if self.helper is not None:
            return f"the token has expired: {self.helper.remedy}"
        if self.context == IN_CLUSTER:
            return "the service account's token is not accepted: check its RBAC binding"
        what = "certificate" if self.certificate else "token"
        return f"sign in again, or put a fresh {what} for user {self.user} into {self._files[0]}, and press r"

    @property
    def ran_out(self) -> str:
        """In words that the client certificate holds no longer, or not yet; "" while it holds."""
        held = validity(self.certificate[0]) if self.certificate else None
        if held is None or held[0] <= clock.now() <= held[1]:
            return ""
        begins, ends = held
        if clock.now() < begins:
            return f"the client certificate of user {self.user} holds from {begins:%Y-%m-%d %H:%M} UTC on only"
        return f"the client certificate of user {self.user} ran out on {ends:%Y-%m-%d at %H:%M} UTC"

    async def configuration(self) -> Any:
        """A fresh `Configuration` with the credentials in force; runs the helper where there is one."""
        configuration = Configuration()
        configuration.retries = None
        # a watch per kind and namespace stays open: with a limit the next request would wait for ever
        configuration.connection_pool_maxsize = 0
        # Go's TLS does not ask for what this flag asks of an authority's certificate, so kubectl accepts those
        configuration.disable_strict_ssl_verification = True
        with _in_words(self._files):
            if self._loader is None:
                load_incluster_config(client_configuration=configuration)
            else:
                await self._loader.load_and_set(configuration)
        remember(str(configuration.api_key.get("BearerToken", "")).partition(" ")[2])
        return configuration

    def check(self) -> None:
        """Read what the context names (blocking), without running a helper or asking the server; raises SourceError."""
        with _in_words(self._files):
            if self._loader is not None:
                self._loader._load_cluster_info()

    def client(self, configuration: Any) -> Any:
        """An `ApiClient` (blocking: it loads the TLS material). Key files exist only inside."""
        with self._keys(configuration), _in_words(self._files):
            client = ApiClient(configuration)
        configuration.cert_file = configuration.key_file = None
        client.user_agent = f"opsconsole/{metadata.version('opsconsole')}"
        return client

    def ssl_context(self, configuration: Any) -> ssl.SSLContext:
        """A TLS context of its own with the same trust and certificate, for clients other than ours (blocking)."""
        client = self.client(configuration)
        context: ssl.SSLContext = client.rest_client.ssl_context
        return context

    @property
    def certificate(self) -> tuple[bytes, bytes] | None:
        """The client certificate and key in force, as PEM."""
        return self._loader.certificate if self._loader else None

    @contextlib.contextmanager
    def _keys(self, configuration: Any) -> Iterator[None]:
        pair = self.certificate
        if pair is None:
            yield
            return
        with key_files(*pair) as (configuration.cert_file, configuration.key_file):
            yield

    def _from_service_account(self) -> None:
        self.context, self.user = IN_CLUSTER, "service account"
        with contextlib.suppress(OSError):
            self.namespace = SERVICE_ACCOUNT.read_text(encoding="utf-8").strip()
            return
        self.namespace = "default"


class _Loader(KubeConfigLoader):  # type: ignore[misc]  # a base without types
    """The package's loader with our helper, and certificates in memory instead of temporary files."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self.certificate: tuple[bytes, bytes] | None = None
        self.helper: Helper | None = None
        if self._user is not None and "exec" in self._user:
            path = self._user.path
            self.helper = Helper(self._user["exec"].value, Path(path).parent if path else None, self._cluster_info())

    async def load_and_set(self, client_configuration: Any) -> None:
        self.certificate = None
        await super().load_and_set(client_configuration)

    async def load_from_exec_plugin(self) -> bool:
        assert self.helper is not None
        credential: Credential = await self.helper.credential()
        if credential.token:
            self.token = f"Bearer {credential.token}"
        if credential.certificate:
            self.certificate = credential.certificate.encode(), credential.key.encode()
        return True

    async def load_gcp_token(self) -> None:
        raise SourceError(
            ProblemKind.MISCONFIGURED,
            "the kubeconfig uses auth-provider gcp, which Kubernetes removed in 1.26",
            "run `gcloud container clusters get-credentials CLUSTER` to write the new form",
        )

    def _load_cluster_info(self) -> None:
        self.host = str(self._cluster["server"]).rstrip("/")
        self.verify_ssl = not self._cluster.safe_get("insecure-skip-tls-verify")
        self.tls_server_name = self._cluster.safe_get("tls-server-name")
        self.proxy = self._cluster.safe_get("proxy-url")
        self.ca_pem = _pem(self._cluster, "certificate-authority")
        if self.certificate is None and self._user is not None:
            certificate, key = _pem(self._user, "client-certificate"), _pem(self._user, "client-key")
            if certificate and key:
                self.certificate = certificate, key
        if self.certificate is not None and b"ENCRYPTED" in self.certificate[1]:
            # the TLS library would ask for the pass phrase on the terminal
            raise SourceError(
                ProblemKind.MISCONFIGURED, "the client key in the kubeconfig is encrypted",
                "use a key without a pass phrase, or a credential helper",
            )  # fmt: skip

    def _set_config(self, client_configuration: Any) -> None:
        if token := getattr(self, "token", None):
            client_configuration.api_key["BearerToken"] = token
        client_configuration.host = self.host
        client_configuration.verify_ssl = self.verify_ssl
        client_configuration.tls_server_name = self.tls_server_name
        client_configuration.proxy = self.proxy
        client_configuration.ca_cert_data = self.ca_pem.decode() if self.ca_pem else None

    def _cluster_info(self) -> dict[str, Any]:
        """What a helper with provideClusterInfo is told."""
        wanted = ("server", "tls-server-name", "insecure-skip-tls-verify", "certificate-authority-data", "proxy-url")
        info = {key: self._cluster.value[key] for key in wanted if key in self._cluster.value}
        for extension in self._cluster.value.get("extensions") or ():
            if extension.get("name") == "client.authentication.k8s.io/exec":
                info["config"] = extension.get("extension")
        return info


def _pem(node: Any, key: str) -> bytes | None:
    """A certificate or key that stands in the kubeconfig, or beside it, as bytes."""
    data = FileOrData(node, key, file_base_path=str(Path(node.path).absolute().parent) if node.path else "").as_data()
    # folded YAML leaves blanks in it; anything else that is not base64 is a mistake worth naming
    return base64.b64decode("".join(data.split()), validate=True) if data else None


@contextlib.contextmanager
def _in_words(files: list[Path]) -> Iterator[None]:
    where = files[0] if files else "the service account's folder"
    try:
        yield
    except SourceError:
        raise
    except OSError as error:
        if isinstance(error, ssl.SSLError):
            raise SourceError(
                ProblemKind.MISCONFIGURED, f"a certificate or key of {where} cannot be loaded",
                "check certificate-authority, client-certificate and client-key in the kubeconfig",
            ) from error  # fmt: skip
        raise SourceError(
            ProblemKind.MISCONFIGURED, f"{error.filename or where} cannot be read: {error.strerror or error}",
            f"correct the path in {where}",
        ) from error  # fmt: skip
    except binascii.Error:
        raise SourceError(
            ProblemKind.MISCONFIGURED, f"a certificate or key in {where} is not base64", "repair the kubeconfig"
        ) from None
    except (ConfigException, ValueError, KeyError, TypeError, AttributeError) as error:
        raise SourceError(
            ProblemKind.MISCONFIGURED, f"{where}: {clean(redact(str(error)), 200)}", "compare `kubectl config view`"
        ) from error
    except (aiohttp.ClientError, TimeoutError) as error:
        raise SourceError(
            ProblemKind.UNAUTHORIZED, f"signing in failed: {clean(redact(str(error)), 200) or 'no answer'}",
            "sign in again and press r",
        ) from error  # fmt: skip


def _no_context(wanted: str, known: tuple[str, ...], paths: tuple[Path, ...], exists: bool) -> SourceError:
    looked = ", ".join(map(str, paths))
    if not exists:
        return SourceError(
            ProblemKind.MISCONFIGURED, f"no kubeconfig: looked for {looked}",
            "set `kubeconfig` in the settings or KUBECONFIG in the environment",
        )  # fmt: skip
    names = ", ".join(known[:8]) or "none"
    if not wanted:
        return SourceError(
            ProblemKind.MISCONFIGURED, f"{looked} names no current context", f"set `context` to one of: {names}"
        )
    return SourceError(ProblemKind.MISCONFIGURED, f"no context {clean(wanted, 100)} in {looked}", f"it has: {names}")
