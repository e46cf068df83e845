"""The command of a shell that asks what a probe asks."""

import shlex

from ..config.probe_targets import target_of


def command(target: str) -> str:
    """curl, openssl, nc or getent; "" for what only the cluster's proxy reaches."""
    try:
        asked = target_of(target)
    except ValueError:
        return ""
    host, place = shlex.quote(asked.host), shlex.quote(f"{asked.host}:{asked.port}")
    if target.startswith("kube://"):
        return ""
    if asked.kind == "http":
        return f"curl -sS -i --max-time 10 {shlex.quote(asked.url)}"
    if asked.kind == "tls":
        return f"openssl s_client -connect {place} -servername {host} </dev/null | openssl x509 -noout -dates"
    if asked.kind == "tcp":
        return f"nc -vz -w 10 {host} {asked.port}"
    return f"getent ahosts {host}"
