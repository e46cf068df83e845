"""Volumes as `kubectl describe` writes them."""

from typing import Any

from ..text.redact import redact
from .describe_page import LONGEST_ANNOTATION, NONE, UNSET, Object, Page, at, items, mapping, optional, shorten, words

Field = tuple[str, str]
_SIMPLE: dict[str, tuple[str, tuple[Field, ...]]] = {
    "persistentVolumeClaim": (
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        (("ClaimName", "claimName"), ("ReadOnly", "readOnly")),
    ),
    "nfs": (
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        (("Server", "server"), ("Path", "path"), ("ReadOnly", "readOnly")),
    ),
    "awsElasticBlockStore": (
        "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
        (("VolumeID", "volumeID"), ("FSType", "fsType"), ("Partition", "partition"), ("ReadOnly", "readOnly")),
    ),
    "gcePersistentDisk": (
        "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
        (("PDName", "pdName"), ("FSType", "fsType"), ("Partition", "partition"), ("ReadOnly", "readOnly")),
    ),
    "gitRepo": (
        "GitRepo (a volume that is pulled from git when the pod is created)",
        (("Repository", "repository"), ("Revision", "revision")),
    ),
    "image": (
        "Image (a container image or OCI artifact)",
        (("Reference", "reference"), ("PullPolicy", "pullPolicy")),
    ),
}
_DEFAULTS = {"readOnly": False, "partition": 0}


def write_volumes(page: Page, volumes: Any, space: str = "") -> None:
    found = items(volumes)
    page.add(0, f"{space}Volumes:" if found else f"{space}Volumes:\t{NONE}")
    for volume in found:
        page.add(1, f"{' ' if space else ''}{words(volume.get('name'))}:")
        _write(page, volume)


def _write(page: Page, volume: Object) -> None:
    for kind, (title, fields) in _SIMPLE.items():
        if (source := volume.get(kind)) is not None:
            page.field("Type", title, 2)
            for name, key in fields:
                value = at(source, key)
                page.field(name, _DEFAULTS.get(key) if value is None else value, 2)
            return
    for kind, write in _WRITERS.items():
        if (source := volume.get(kind)) is not None:
            write(page, mapping(source))
            return
    kind = next((words(key) for key, value in volume.items() if key != "name" and value is not None), "")
    if kind:
        page.field("Type", kind, 2)
    else:
        page.add(1, "<unknown>")


def _host_path(page: Page, source: Object) -> None:
    page.field("Type", "HostPath (bare host directory volume)", 2)
    page.field("Path", source.get("path"), 2)
    kind = source.get("type")
    page.field("HostPathType", NONE if kind is None else kind, 2)


def _empty_dir(page: Page, source: Object) -> None:
    page.field("Type", "EmptyDir (a temporary directory that shares a pod's lifetime)", 2)
    page.field("Medium", source.get("medium"), 2)
    page.field("SizeLimit", source.get("sizeLimit") or UNSET, 2)


def _secret(page: Page, source: Object) -> None:
    page.field("Type", "Secret (a volume populated by a Secret)", 2)
    page.field("SecretName", source.get("secretName"), 2)
    page.field("Optional", optional(source), 2)


def _config_map(page: Page, source: Object) -> None:
    page.field("Type", "ConfigMap (a volume populated by a ConfigMap)", 2)
    page.field("Name", source.get("name"), 2)
    page.field("Optional", optional(source), 2)


def _projected(page: Page, source: Object) -> None:
    page.field("Type", "Projected (a volume that contains injected data from multiple sources)", 2)
    for each in items(source.get("sources")):
        for key, title in (("secret", "SecretName"), ("configMap", "ConfigMapName")):
            if (of := each.get(key)) is not None:
                page.field(title, at(of, "name"), 2)
                page.field("Optional", optional(of), 2)
        if each.get("downwardAPI") is not None:
            page.field("DownwardAPI", True, 2)
        if (token := each.get("serviceAccountToken")) is not None:
            page.field("TokenExpirationSeconds", at(token, "expirationSeconds"), 2)


def _downward(page: Page, source: Object) -> None:
    page.field("Type", "DownwardAPI (a volume populated by information about the pod)", 2)
    page.add(2, "Items:")
    for item in items(source.get("items")):
        for of, key in (("fieldRef", "fieldPath"), ("resourceFieldRef", "resource")):
            if (ref := item.get(of)) is not None:
                page.add(3, f"{words(at(ref, key))} -> {words(item.get('path'))}")


def _csi(page: Page, source: Object) -> None:
    page.field("Type", "CSI (a Container Storage Interface (CSI) volume source)", 2)
    page.field("Driver", source.get("driver"), 2)
    page.field("FSType", source.get("fsType"), 2)
    page.field("ReadOnly", bool(source.get("readOnly")), 2)
    attributes = mapping(source.get("volumeAttributes"))
    if not attributes:
        page.field("VolumeAttributes", NONE, 2)
    for place, key in enumerate(sorted(attributes)):
        line = redact(f"{words(key)}={words(attributes[key])}")
        page.add(2, f"{'    ' if place else 'VolumeAttributes:'}\t    {shorten(line, LONGEST_ANNOTATION)}")


def _ephemeral(page: Page, source: Object) -> None:
    page.field(
        "Type", "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)", 2
    )
    claim = mapping(source.get("volumeClaimTemplate"))
    if not claim:
        return
    metadata, spec = mapping(claim.get("metadata")), mapping(claim.get("spec"))
    page.field("StorageClass", storage_class(claim), 2)
    page.field("Volume", spec.get("volumeName"), 2)
    page.labels("Labels", metadata.get("labels"), level=2)
    page.annotations("Annotations", metadata.get("annotations"), level=2)
    page.field("Capacity", "", 2)
    page.field("Access Modes", "", 2)
    if mode := spec.get("volumeMode"):
        page.field("VolumeMode", mode, 2)


def storage_class(claim: Object) -> object:
    """Of a PersistentVolumeClaim; the annotation of old comes first."""
    old = at(claim, "metadata", "annotations", "volume.beta.kubernetes.io/storage-class")
    return old or at(claim, "spec", "storageClassName")


_WRITERS = {
    "hostPath": _host_path, "emptyDir": _empty_dir, "secret": _secret, "configMap": _config_map,
    "projected": _projected, "downwardAPI": _downward, "csi": _csi, "ephemeral": _ephemeral,
}  # fmt: skip


def volume_words(volume: Object) -> str:
    """In short: `configMap api`, `secret api-tls`, `claim data`."""
    for kind, title, key in (
        ("configMap", "configMap", "name"),
        ("secret", "secret", "secretName"),
        ("persistentVolumeClaim", "claim", "claimName"),
        ("hostPath", "host path", "path"),
        ("emptyDir", "empty directory", "sizeLimit"),
        ("csi", "csi", "driver"),
        ("nfs", "nfs", "server"),
    ):
        if (source := volume.get(kind)) is not None:
            return f"{title} {words(at(source, key))}".strip()
    if (projected := volume.get("projected")) is not None:
        named = [
            f"{kind} {words(at(of, 'name'))}".strip()
            for source in items(at(projected, "sources"))
            for kind, of in source.items()
            if of is not None
        ]
        return f"projected: {', '.join(named)}"
    return next((words(key) for key, value in volume.items() if key != "name" and value is not None), "unknown")
