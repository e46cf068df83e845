"""The shell command that asks what the console asked: curl, promtool, psql, redis-cli, kubectl, duckdb.

Everything is quoted, and no secret stands in it: a password or token comes from an environment variable that the
command names.
"""

import re
import shlex
from urllib.parse import quote, urlencode, urlsplit

from ..config.settings import Http, Kubernetes, Pgbouncer, Postgres, Profile, Redis
from ..model.asked import Asked
from ..text.clean import clean, clean_lines
from ..text.redact import redact

LONGEST = 20_000
"""Characters of a query: one that is longer is better copied by itself."""
SPENT = "SELECT ServiceName, sum(BilledCost), sum(EffectiveCost) FROM '{}' GROUP BY ALL ORDER BY 2 DESC"
"""What the bill says of each service, by the columns of FOCUS."""
_KUBE = re.compile(r"kube://(?P<namespace>[^/:]+)/(?P<service>(?:https?:)?[^/:]+):(?P<port>[^/:]+)(?P<path>/.*)?")
_PLACEHOLDER = re.compile(r"%\(\w+\)s|(?<!%)%s|\$\d")
"""Where a value of the console's own belongs: as it stands the text cannot be run."""
_PASSWORD = re.compile(r"(?i)\s*\bpassword\s*=\s*('(?:[^'\\]|\\.)*'|\S+)")


def command(system: str, asked: Asked, profile: Profile) -> str:
    """For a query to that system (as topics call it: prom, loki, am, pg, …); "" where none would ask the same."""
    text = clean_lines(asked.text.strip(), LONGEST)
    if not text or len(asked.text) > LONGEST:
        return ""
    if system in ("prom", "loki", "am"):
        settings = {"prom": profile.prometheus, "loki": profile.loki, "am": profile.alertmanager}[system]
        return http(settings, *_address(system, asked, text), profile.kubernetes) if settings is not None else ""
    if system == "pg":
        server = next((one for one in profile.postgres if one.name == asked.server), None)
        return psql(server, text) if server is not None else ""
    if system == "cust":
        return _of_customers(asked, text, profile)
    if system == "pgbouncer":
        pooler = next((one for one in profile.pgbouncer if one.name == asked.server), None)
        return psql(pooler, text) if pooler is not None else ""
    if system == "redis":
        cache = next((one for one in profile.redis if one.name == asked.server), None)
        return "\n".join(redis_cli(cache, line) for line in text.splitlines() if line.strip()) if cache else ""
    if system == "k8s":
        return kubectl(profile.kubernetes, text)
    if system == "bill":
        return duckdb(text.splitlines()[0], SPENT)
    return text if system == "store" else ""


def _address(system: str, asked: Asked, text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """(path, parameters) of an HTTP source."""
    if system == "am":
        return text.split()[-1], ()
    if system == "loki":
        path = asked.name if asked.name.startswith("/") else "/loki/api/v1/query"
        query = () if path.endswith(("/labels", "/values")) else (("query", text),)
        return path, (*query, *asked.beside)
    path = "/api/v1/query_range" if "step" in dict(asked.beside) else "/api/v1/query"
    return path, (("query", text), *asked.beside)


# ---- HTTP -----------------------------------------------------------------------------------------------------------


def http(
    settings: Http, path: str, parameters: tuple[tuple[str, str], ...] = (), kubernetes: Kubernetes | None = None
) -> str:
    """curl; through the API server where the source stands behind it; promtool where a query needs nothing else."""
    inside = _KUBE.fullmatch(settings.url)
    if inside is not None:
        scope = f"/api/v1/namespaces/{inside['namespace']}/services/{inside['service']}:{inside['port']}/proxy"
        query = f"?{urlencode(parameters, quote_via=quote)}" if parameters else ""
        return kubectl(kubernetes, f"{scope}{(inside['path'] or '').rstrip('/')}{path}{query}")
    url = without_password(settings.url).rstrip("/")
    private = settings.bearer or settings.user or settings.headers or settings.tenant
    bare = path == "/api/v1/query" and len(parameters) == 1
    if bare and not private and not settings.ca_file and not settings.cert_file:
        return f"promtool query instant {shlex.quote(url)} {shlex.quote(parameters[0][1])}"
    words = ["curl", "-sS", *(["-G"] if parameters else [])]
    if settings.bearer is not None:
        words += ["-H", '"Authorization: Bearer $TOKEN"']
    elif settings.user is not None:
        words += ["-u", f'{shlex.quote(settings.user)}:"$PASSWORD"']
    if settings.tenant:
        words += ["-H", shlex.quote(f"X-Scope-OrgID: {clean(settings.tenant)}")]
    # what a header holds may be a secret: its value comes from the environment, whatever it is
    words += [part for name in settings.headers for part in ("-H", f'"{_header(name)}: ${_variable(name)}"')]
    for option, file in (("--cacert", settings.ca_file), ("--cert", settings.cert_file), ("--key", settings.key_file)):
        words += [option, shlex.quote(file)] if file else []
    words.append(shlex.quote(f"{url}{path}"))
    words += [part for name, value in parameters for part in ("--data-urlencode", shlex.quote(f"{name}={value}"))]
    return " ".join(words)


def _header(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9-]", "", name)


def _variable(name: str) -> str:
    return re.sub(r"[^A-Z0-9]", "_", name.upper())


def without_password(url: str) -> str:
    """The address without whom it is asked as."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else url


# ---- the others -----------------------------------------------------------------------------------------------------


def kubectl(settings: Kubernetes | None, text: str) -> str:
    """`GET /api/v1/…`, or the path alone, as kubectl asks for it; of several lines the first."""
    path = text.splitlines()[0].removeprefix("GET ").strip()
    return f"kubectl{_cluster(settings)} get --raw {shlex.quote(path)}" if path.startswith("/") else ""


def _cluster(settings: Kubernetes | None) -> str:
    file = f" --kubeconfig {shlex.quote(settings.kubeconfig)}" if settings is not None and settings.kubeconfig else ""
    context = f" --context {shlex.quote(settings.context)}" if settings is not None and settings.context else ""
    return f"{file}{context}"


def psql(server: Postgres | Pgbouncer, text: str) -> str:
    """psql takes the password from $PGPASSWORD by itself; "" where the text has values of the console's own."""
    if _PLACEHOLDER.search(text):
        return ""
    dsn = _PASSWORD.sub("", redact(without_password(server.dsn) if "://" in server.dsn else server.dsn)).strip()
    secret = 'PGPASSWORD="$PGPASSWORD" ' if server.password is not None else ""
    words = ["psql", "-X", *([shlex.quote(dsn)] if dsn else []), "-c", shlex.quote(text.replace("%%", "%"))]
    return _forwarded(server.through, f"{secret}{' '.join(words)}")


def redis_cli(server: Redis, line: str) -> str:
    """redis-cli takes the password from $REDISCLI_AUTH."""
    parts = urlsplit(server.url)
    words = ["redis-cli", "-h", shlex.quote(parts.hostname or "127.0.0.1"), "-p", str(parts.port or 6379)]
    database = parts.path.strip("/")
    words += ["-n", shlex.quote(database)] if database not in ("", "0") else []
    words += ["--tls"] if parts.scheme == "rediss" else []
    for option, file in (("--cacert", server.ca_file), ("--cert", server.cert_file), ("--key", server.key_file)):
        words += [option, shlex.quote(file)] if file else []
    user = server.user or parts.username
    words += ["--user", shlex.quote(user)] if user else []
    secret = 'REDISCLI_AUTH="$REDISCLI_AUTH" ' if server.password is not None or parts.password else ""
    asked = " ".join(shlex.quote(word) for word in line.split())
    return _forwarded(server.through, f"{secret}{' '.join(words)} {asked}")


def _forwarded(through: str, line: str) -> str:
    """A server inside the cluster: the forward that leads to it first."""
    inside = _KUBE.fullmatch(through)
    if inside is None:
        return line
    namespace, service, port = (shlex.quote(inside[part]) for part in ("namespace", "service", "port"))
    return f"kubectl -n {namespace} port-forward svc/{service} {port}:{port} &  # then to 127.0.0.1\n{line}"


def _of_customers(asked: Asked, text: str, profile: Profile) -> str:
    """The table's query on its server, or a look into its file."""
    table = profile.customers
    if table is not None and table.file is not None:
        return duckdb(table.file, "SELECT * FROM '{}' LIMIT 20")
    server = next((one for one in profile.postgres if one.name == asked.server), None)
    return psql(server, text) if server is not None else ""


def duckdb(file: str, query: str) -> str:
    """A look into a file; `{}` in the query stands for its name."""
    named = clean(file).replace("'", "''")
    return f"duckdb -c {shlex.quote(query.replace('{}', named))}"
