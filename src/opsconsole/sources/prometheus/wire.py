"""The requests session under prometheus-api-client: bounded bodies, a deadline for the whole call, typed errors.

Runs in a thread. The client's helpers return only the result; `Wire.body` keeps the whole answer with its warnings.
"""

import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
import requests
import urllib3
from prometheus_api_client import PrometheusConnect
from requests.adapters import HTTPAdapter

from ...text.clock import now
from ..http import BODY_LIMIT, Reach, not_json, proxy_for, refusal, timed_out, too_long, unreachable

LONG_URL = 1500
"""Longer queries go into the body of a POST: proxies cut or log long URLs."""
CHUNK = 256 * 1024


class Envelope(msgspec.Struct, gc=False):
    """The outside of every answer of the HTTP API."""

    status: str = ""
    data: msgspec.Raw = msgspec.Raw(b"null")
    errorType: str = ""
    error: str = ""
    warnings: tuple[str, ...] | None = None
    infos: tuple[str, ...] | None = None
    isPartial: bool | None = None
    """VictoriaMetrics says so in a word of its own."""


class Body:
    """An answer that was read to its end; looks to the client like the response it expects."""

    def __init__(self, name: str, envelope: Envelope, content: bytes, said: Mapping[str, str]) -> None:
        self.status_code = 200
        self.name = name
        self.envelope = envelope
        self.content = content
        self.clock_difference_s = clock_difference(said.get("Date", ""))
        self.victoria = "X-Server-Hostname" in said
        """VictoriaMetrics calls itself a Prometheus; only this header of its own tells."""

    def json(self) -> dict[str, Any]:
        """What the client hands out; the values themselves are decoded by type from the envelope, once."""
        return {"data": {"result": self.envelope.data}}


class _Adapter(HTTPAdapter):
    """Uses the source's own TLS context, without adding the certificate authorities that requests brings."""

    def __init__(self, reach: Reach) -> None:
        self._context = reach.context
        self._server_hostname = reach.server_hostname
        super().__init__(max_retries=urllib3.Retry(0), pool_connections=1, pool_maxsize=1)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._context is not None:
            kwargs["ssl_context"] = self._context
        if self._server_hostname:
            kwargs["server_hostname"] = kwargs["assert_hostname"] = self._server_hostname
        super().init_poolmanager(*args, **kwargs)

    def build_connection_pool_key_attributes(
        self, request: requests.PreparedRequest, verify: Any, cert: Any = None
    ) -> Any:
        host, pool = super().build_connection_pool_key_attributes(request, verify, cert)
        return host, pool if self._context is None else {"ssl_context": self._context}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        if self._context is None:
            super().cert_verify(conn, url, verify, cert)  # type: ignore[no-untyped-call]  # untyped in requests' stubs


class Wire(requests.Session):
    """One thread's session. `request` answers with a Body or raises SourceError; nothing is retried or redirected."""

    def __init__(self, name: str, reach: Reach) -> None:
        super().__init__()
        self.name = name
        self.reach = reach
        self.trust_env = False  # a .netrc must not send credentials that the settings do not name
        proxy = proxy_for(reach)
        self.proxies = {"http": proxy, "https": proxy} if proxy else {}
        if reach.context is not None and reach.context.verify_mode is ssl.CERT_NONE:
            # the settings say so; a warning for each request would only fill the log
            urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
        self.client = PrometheusConnect(reach.base, dict(reach.headers), session=self, retry=urllib3.Retry(0))
        self.mount(reach.base, _Adapter(reach))  # after the client, which mounts its own at the same place
        self.body: Body | None = None

    def request(  # type: ignore[override]  # answers with a Body, which is all that the client looks at
        self, method: str | bytes, url: str | bytes, *, params: Any = None, **options: Any
    ) -> Body:
        self.body = None
        ends = time.monotonic() + self.reach.timeout_s
        headers = options.get("headers")
        prepared = self.prepare_request(requests.Request("GET", str(url), params=params, headers=headers))
        if len(prepared.url or "") > LONG_URL:
            prepared = self.prepare_request(requests.Request("POST", str(url), data=params, headers=headers))
        status, said, content = self._send(prepared, ends)
        self.body = self._open(status, said, content)
        return self.body

    def _send(self, prepared: requests.PreparedRequest, ends: float) -> tuple[int, Mapping[str, str], bytes]:
        try:
            answer = self.send(
                prepared, stream=True, timeout=self.reach.timeout_s, allow_redirects=False, proxies=self.proxies
            )
            with answer:
                return answer.status_code, answer.headers, self._read(answer, ends)
        except requests.Timeout:
            raise timed_out(self.name, self.reach.timeout_s) from None
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            if isinstance(error, urllib3.exceptions.TimeoutError) or time.monotonic() >= ends:
                raise timed_out(self.name, self.reach.timeout_s) from None
            raise unreachable(self.name, self.reach.shown, error) from None

    def _read(self, answer: requests.Response, ends: float) -> bytes:
        """The body up to its limit. Reads what is there, so that a dripping server cannot outlast the deadline."""
        parts: list[bytes] = []
        size = 0
        while True:
            part = answer.raw.read1(CHUNK, decode_content=True)
            if not part:
                return b"".join(parts)
            parts.append(part)
            size += len(part)
            if size > BODY_LIMIT:
                raise too_long(self.name)
            if time.monotonic() >= ends:
                raise timed_out(self.name, self.reach.timeout_s)

    def _open(self, status: int, headers: Mapping[str, str], content: bytes) -> Body:
        if not 200 <= status < 300:
            raise refusal(self.name, status, content, headers.get("Location", ""))
        try:
            envelope = msgspec.json.decode(content, type=Envelope)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise not_json(self.name, headers.get("Content-Type", ""), content) from None
        if envelope.status != "success":
            raise refusal(self.name, 400 if envelope.status == "error" else status, content)
        return Body(self.name, envelope, content, headers)


def clock_difference(date: str) -> float | None:
    """Server's Date header less our clock, in seconds; its resolution is one second, so half of it is added."""
    try:
        return (parsedate_to_datetime(date) - now()).total_seconds() + 0.5
    except (TypeError, ValueError):
        return None
