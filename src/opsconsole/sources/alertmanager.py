"""Alertmanager: the alerts it holds, silenced and inhibited ones included, its silences, and whether it answers."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

import aiohttp
import msgspec

from ..model.alerts import Alert, Silence
from ..model.asked import Asked
from ..model.reading import ProblemKind
from ..text import clock
from ..text.clean import clean
from ..text.redact import redact
from .asking import GIVEN_UP, note
from .errors import SourceError
from .executor import DaemonExecutor
from .http import BODY_LIMIT, Reach, not_json, refusal, request_options, timed_out, too_long, unreachable

CHUNK = 64 * 1024
ANSWER_SHOWN = 400
"""Bytes of an answer that are kept for who asks why."""


class _Status(msgspec.Struct, gc=False):
    state: str = "unprocessed"
    silencedBy: tuple[str, ...] | None = None
    inhibitedBy: tuple[str, ...] | None = None
    mutedBy: tuple[str, ...] | None = None


class _Receiver(msgspec.Struct, gc=False):
    name: str = ""


class _Alert(msgspec.Struct, gc=False):
    fingerprint: str = ""
    startsAt: str = ""
    endsAt: str = ""
    updatedAt: str = ""
    generatorURL: str = ""
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    receivers: tuple[_Receiver, ...] | None = None
    status: _Status = msgspec.field(default_factory=_Status)


class _Member(msgspec.Struct, gc=False):
    fingerprint: str = ""


class _Group(msgspec.Struct, gc=False):
    labels: dict[str, str] = {}
    receiver: _Receiver = msgspec.field(default_factory=_Receiver)
    alerts: tuple[_Member, ...] = ()


class _Matcher(msgspec.Struct, gc=False):
    name: str = ""
    value: str = ""
    isRegex: bool = False
    isEqual: bool = True


class _Silence(msgspec.Struct, gc=False):
    id: str = ""
    status: _Status = msgspec.field(default_factory=_Status)
    matchers: list[_Matcher] = []
    createdBy: str = ""
    comment: str = ""
    startsAt: str = ""
    endsAt: str = ""


class _Version(msgspec.Struct, gc=False):
    version: str = ""


class _About(msgspec.Struct, gc=False):
    versionInfo: _Version = msgspec.field(default_factory=_Version)


class Alertmanager:
    """Asks one Alertmanager (API v2). Methods raise SourceError and keep the settings' `timeout_s` as a whole."""

    def __init__(self, open: Callable[[], Awaitable[Reach]], *, name: str = "Alertmanager") -> None:
        self.name = name
        self._open = open
        self._reach: Reach | None = None
        self._session: aiohttp.ClientSession | None = None
        self._threads = DaemonExecutor("alertmanager", 1)
        self._made: dict[tuple[str, bytes], Alert] = {}
        """The alerts of the last answer by what was told of them."""

    async def alerts(self) -> tuple[Alert, ...]:
        """All alerts, active and suppressed, oldest first, each with the group that it is notified in."""
        # side by side: a slow server is waited for once
        body, groups = await asyncio.gather(self._get("/api/v2/alerts"), self._groups())
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._alerts, body, groups)

    async def _groups(self) -> bytes:
        """One that tells none (before 0.20, or of another make) has its alerts all the same."""
        try:
            return await self._get("/api/v2/alerts/groups")
        except SourceError as error:
            if error.problem.kind is not ProblemKind.MISCONFIGURED:
                raise
            return b"[]"

    def _alerts(self, body: bytes, grouped: bytes) -> tuple[Alert, ...]:
        """In a thread: thousands take longer than the loop can spare. What has not changed is not made anew."""
        try:
            found = msgspec.json.decode(body, type=list[msgspec.Raw])
            groups = _groups_by_alert(msgspec.json.decode(grouped, type=list[_Group]))
            made: dict[tuple[str, bytes], Alert] = {}
            for raw in found:
                member = msgspec.json.decode(raw, type=_Member)
                key = (groups.get(member.fingerprint, ""), bytes(raw))
                known = self._made.get(key)
                made[key] = known or _alert(msgspec.json.decode(raw, type=_Alert), key[0])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise not_json(self.name, "", body) from None
        self._made = made
        return tuple(sorted(made.values(), key=lambda alert: (alert.since is None, alert.since, alert.fingerprint)))

    async def silences(self) -> tuple[Silence, ...]:
        """All silences that it still knows, those that are over (120 h by default) included."""
        body = await self._get("/api/v2/silences")
        try:
            found = msgspec.json.decode(body, type=list[_Silence])
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise not_json(self.name, "", body) from None
        return tuple(_silence(silence) for silence in found)

    async def probe(self) -> tuple[str, float]:
        """Version and round trip in seconds."""
        before = time.monotonic()
        body = await self._get("/api/v2/status")
        took = time.monotonic() - before
        try:
            return msgspec.json.decode(body, type=_About).versionInfo.version, took
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise not_json(self.name, "", body) from None

    async def close(self) -> None:
        self._threads.shutdown()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _get(self, path: str) -> bytes:
        """The answer; what was asked is noted for `w`."""
        taken, before, size, problem = clock.now(), time.monotonic(), 0, GIVEN_UP
        shown = ""
        try:
            body = await self._got(path)
            size, problem, shown = len(body), "", body[:ANSWER_SHOWN].decode("utf-8", "replace")
            return body
        except SourceError as error:
            problem = error.problem.sentence
            raise
        finally:
            took, what = time.monotonic() - before, path.rpartition("/")[2]
            asked = Asked(path, what, f"GET {path}", self.name, taken, took, size, problem, "byte", redact(shown))
            note(asked)

    async def _got(self, path: str) -> bytes:
        try:
            return await self._once(path)
        except SourceError as error:
            if error.problem.kind is not ProblemKind.UNAUTHORIZED:
                raise
            self._reach = None
        return await self._once(path)

    async def _once(self, path: str) -> bytes:
        if self._reach is None:
            self._reach = await self._open()
        reach = self._reach
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        try:
            async with asyncio.timeout(reach.timeout_s):
                return await self._read(self._session, reach, path)
        except TimeoutError:
            raise timed_out(self.name, reach.timeout_s) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise unreachable(self.name, reach.shown, error) from None

    async def _read(self, session: aiohttp.ClientSession, reach: Reach, path: str) -> bytes:
        async with session.get(reach.base + path, **request_options(reach)) as answer:
            body = bytearray()
            async for part in answer.content.iter_chunked(CHUNK):
                body += part
                if len(body) > BODY_LIMIT:
                    raise too_long(self.name)
            if answer.status != 200:
                raise refusal(self.name, answer.status, bytes(body), answer.headers.get("Location", ""))
            if "html" in answer.content_type:
                raise not_json(self.name, answer.content_type, bytes(body))
            return bytes(body)


def _groups_by_alert(groups: list[_Group]) -> dict[str, str]:
    """Fingerprint → the labels of its group; of several the first."""
    found: dict[str, str] = {}
    for group in groups:
        name = clean(" ".join(f"{label}={value}" for label, value in sorted(group.labels.items())), 200)
        for member in group.alerts:
            found.setdefault(member.fingerprint, name)
    return found


def _alert(found: _Alert, group: str = "") -> Alert:
    labels = tuple(sorted((clean(name, 80), clean(value, 512)) for name, value in found.labels.items()))
    notes = tuple(sorted((clean(name, 80), clean(redact(text), 2000)) for name, text in found.annotations.items()))
    summary = found.annotations.get("summary") or found.annotations.get("description") or ""
    return Alert(
        fingerprint=found.fingerprint,
        name=clean(found.labels.get("alertname", ""), 200),
        state=found.status.state,
        severity=clean(found.labels.get("severity", ""), 80),
        summary=clean(redact(summary), 500),
        since=_moment(found.startsAt),
        labels=labels,
        silenced_by=tuple(found.status.silencedBy or ()),
        inhibited_by=tuple(found.status.inhibitedBy or ()),
        muted_by=tuple(clean(name, 80) for name in found.status.mutedBy or ()),
        annotations=notes,
        generator=clean(redact(found.generatorURL), 2000),
        receivers=tuple(clean(receiver.name, 80) for receiver in found.receivers or ()),
        group=group,
        updated=_moment(found.updatedAt),
        ends=_moment(found.endsAt),
    )


def _silence(found: _Silence) -> Silence:
    return Silence(
        id=found.id,
        state=found.status.state,
        matchers=clean(" ".join(_matcher(matcher) for matcher in found.matchers), 200),
        author=clean(found.createdBy, 80),
        comment=clean(redact(found.comment), 200),
        starts=_moment(found.startsAt),
        ends=_moment(found.endsAt),
    )


def _matcher(matcher: _Matcher) -> str:
    sign = ("=~" if matcher.isRegex else "=") if matcher.isEqual else ("!~" if matcher.isRegex else "!=")
    return f'{matcher.name}{sign}"{matcher.value}"'


def _moment(text: str) -> datetime | None:
    try:
        return clock.parse(text)
    except ValueError:
        return None
