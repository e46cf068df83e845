"""What the server says it serves: /version, /api, /apis, each group version, and the aggregated form of all."""

from typing import Any

from opsconsole.demo.kubernetes import openapi
from opsconsole.demo.kubernetes.resources import RESOURCES, Resource

Body = dict[str, Any]

AGGREGATED = ("apidiscovery.k8s.io", "v2", "APIGroupDiscoveryList")
VERSION: Body = {
    "major": "1",
    "minor": "36",
    "gitVersion": "v1.36.3-opsconsole-demo",
    "gitCommit": "",
    "gitTreeState": "",
    "buildDate": "2026-01-01T00:00:00Z",
    "goVersion": "",
    "compiler": "",
    "platform": "linux/amd64",
}


def discover(path: str, *, aggregated: bool, address: str) -> Body | None:
    """The document at a discovery path, None where there is none. `address` is the server's host:port."""
    steps = [step for step in path.split("/") if step]
    match steps:
        case ["version"]:
            return VERSION
        case ["openapi", "v3"]:
            return openapi.index()
        case ["openapi", "v3", *base]:
            return openapi.document("/".join(base))
        case ["api"] if aggregated:
            return _aggregated([""])
        case ["apis"] if aggregated:
            return _aggregated(_groups())
        case ["api"]:
            clients = [{"clientCIDR": "0.0.0.0/0", "serverAddress": address}]
            return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": clients}
        case ["apis"]:
            return {"kind": "APIGroupList", "apiVersion": "v1", "groups": [_group(name) for name in _groups()]}
        case ["apis", group] if group in _groups():
            return {"kind": "APIGroup", "apiVersion": "v1", **_group(group)}
        case ["api", version]:
            return _resources("", version)
        case ["apis", group, version]:
            return _resources(group, version)
        case _:
            return None


def _groups() -> list[str]:
    return list(dict.fromkeys(each.group for each in RESOURCES if each.group))


def _versions(group: str) -> list[str]:
    return list(dict.fromkeys(each.version for each in RESOURCES if each.group == group))


def _group(name: str) -> Body:
    versions = [{"groupVersion": f"{name}/{version}", "version": version} for version in _versions(name)]
    return {"name": name, "versions": versions, "preferredVersion": versions[0]}


def _of(group: str, version: str) -> list[Resource]:
    return [each for each in RESOURCES if (each.group, each.version) == (group, version)]


def _resources(group: str, version: str) -> Body | None:
    served = _of(group, version)
    if not served:
        return None
    rows: list[Body] = []
    for each in served:
        rows.append(_row(each))
        rows.extend(_subresource_rows(each))
    return {
        "kind": "APIResourceList",
        "apiVersion": "v1",
        "groupVersion": f"{group}/{version}" if group else version,
        "resources": rows,
    }


def _row(each: Resource) -> Body:
    row: Body = {
        "name": each.plural,
        "singularName": each.kind.lower(),
        "namespaced": each.namespaced,
        "kind": each.kind,
        "verbs": list(each.verbs),
    }
    return row | _names(each)


def _names(each: Resource) -> Body:
    names: Body = {"shortNames": list(each.short)} if each.short else {}
    return names | ({"categories": list(each.categories)} if each.categories else {})


def _subresource_rows(each: Resource) -> list[Body]:
    rows = []
    for name, sub in each.subresources.items():
        row: Body = {"name": f"{each.plural}/{name}", "singularName": "", "namespaced": each.namespaced}
        if sub.group:
            row |= {"group": sub.group, "version": sub.version}
        rows.append(row | {"kind": sub.kind, "verbs": list(sub.verbs)})
    return rows


def _aggregated(groups: list[str]) -> Body:
    return {
        "kind": AGGREGATED[2],
        "apiVersion": f"{AGGREGATED[0]}/{AGGREGATED[1]}",
        "metadata": {},
        "items": [
            {
                "metadata": {"name": group} if group else {},
                "versions": [
                    {
                        "version": version,
                        "resources": [_aggregated_row(each) for each in _of(group, version)],
                        "freshness": "Current",
                    }
                    for version in _versions(group)
                ],
            }
            for group in groups
        ],
    }


def _aggregated_row(each: Resource) -> Body:
    row: Body = {
        "resource": each.plural,
        "responseKind": {"group": "", "version": "", "kind": each.kind},
        "scope": "Namespaced" if each.namespaced else "Cluster",
        "singularResource": each.kind.lower(),
        "verbs": list(each.verbs),
        **_names(each),
    }
    if each.subresources:
        row["subresources"] = [
            {
                "subresource": name,
                "responseKind": {"group": sub.group, "version": sub.version, "kind": sub.kind},
                "verbs": list(sub.verbs),
            }
            for name, sub in each.subresources.items()
        ]
    return row
