"""Certificates, tokens and kubeconfigs of a test control plane."""

import base64
from pathlib import Path

import trustme
import yaml
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

USERS = ("admin", "viewer", "tenant", "operator")
"""admin may everything; viewer may get, list and watch; tenant may everything in one namespace; operator may what
config/kubernetes-rbac.yaml gives, once a test has applied it."""
TOKENS = {user: f"{user}-token" for user in USERS}
GROUPS = {"admin": "system:masters", "viewer": "watchers", "tenant": "tenants", "operator": "operators,on-call"}


def write_credentials(folder: Path) -> str:
    """Writes server.crt, server.key, accounts.key and tokens.csv; returns the CA as PEM."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    (folder / "server.crt").write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    (folder / "server.key").write_bytes(certificate.private_key_pem.bytes())
    (folder / "accounts.key").write_bytes(
        rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
        )
    )
    lines = [f'{token},{user},{user},"{GROUPS[user]}"' for user, token in TOKENS.items()]
    (folder / "tokens.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return authority.cert_pem.bytes().decode()


def kubeconfig(url: str, ca_pem: str, user: str, token: str) -> str:
    """A kubeconfig with one context that carries its certificate authority inside."""
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "test",
        "clusters": [
            {
                "name": "test",
                "cluster": {"server": url, "certificate-authority-data": base64.b64encode(ca_pem.encode()).decode()},
            }
        ],
        "users": [{"name": user, "user": {"token": token}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": user}}],
    }
    return yaml.safe_dump(document)
