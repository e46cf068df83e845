"""Contract: lists, watches, selectors, forms of answers, discovery: alike on the simulated and the real server."""

import pytest

from opsconsole.demo.kubernetes.discovery import discover
from opsconsole.demo.kubernetes.resources import BY_KIND, RESOURCES, Resource
from opsconsole.demo.kubernetes.tables import columns
from tests.demo.kubernetes.target import (
    APPS,
    CORE,
    HPAS,
    MERGE,
    NAMESPACE,
    TABLE,
    Target,
    autoscaler,
    config_map,
    deployment,
    eventually,
    pods_of,
    settled,
    unique,
)  # fmt: skip

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def make_maps(target: Target, count: int) -> tuple[str, list[str]]:
    group = unique("page")
    names = [f"{group}-{index}" for index in range(count)]
    for name in names:
        await target.create(f"{CORE}/configmaps", config_map(name, {"group": group}, a="b"))
    return group, names


async def test_pages_hold_everything_once(target: Target) -> None:
    group, names = await make_maps(target, 7)
    found, token, sizes = [], "", []
    while True:
        page = await target.get(f"{CORE}/configmaps", labelSelector=f"group={group}", limit=3, **{"continue": token})
        assert page["kind"] == "ConfigMapList"
        assert "remainingItemCount" not in page["metadata"]
        assert all("kind" not in item and "apiVersion" not in item for item in page["items"])
        found += [item["metadata"]["name"] for item in page["items"]]
        sizes.append(len(page["items"]))
        token = page["metadata"].get("continue", "")
        if not token:
            break
    assert (found, sizes) == (names, [3, 3, 1])


async def test_a_page_says_how_many_remain(target: Target) -> None:
    await make_maps(target, 3)
    everything = await target.get(f"{CORE}/configmaps", limit=500)
    assert "continue" not in everything["metadata"]
    page = await target.get(f"{CORE}/configmaps", limit=1)
    assert page["metadata"]["remainingItemCount"] == len(everything["items"]) - 1


async def test_later_pages_show_the_moment_of_the_first(target: Target) -> None:
    group, names = await make_maps(target, 3)
    query = {"labelSelector": f"group={group}", "limit": 2}
    first = await target.get(f"{CORE}/configmaps", **query)
    await target.create(f"{CORE}/configmaps", config_map(f"{names[-1]}-later", {"group": group}))
    second = await target.get(f"{CORE}/configmaps", **query, **{"continue": first["metadata"]["continue"]})
    assert [item["metadata"]["name"] for item in second["items"]] == names[2:]
    assert second["metadata"]["resourceVersion"] == first["metadata"]["resourceVersion"]


async def test_resource_version_zero_pays_no_heed_to_limit(target: Target) -> None:
    group, names = await make_maps(target, 3)
    query = {"labelSelector": f"group={group}", "limit": 1, "resourceVersion": "0"}

    async def complete() -> bool:
        page = await target.get(f"{CORE}/configmaps", **query)
        return "continue" not in page["metadata"] and len(page["items"]) == len(names)

    await eventually(complete)


async def test_a_broken_continue_token_is_refused(target: Target) -> None:
    answer = await target.call("GET", f"{CORE}/pods", limit=1, **{"continue": "abc"})
    assert (answer.status, answer.body["reason"]) == (400, "BadRequest")
    assert answer.body["message"].startswith("invalid continue token: continue key is not valid")


async def test_large_answers_are_compressed(target: Target) -> None:
    name = unique("large")
    await target.create(f"{CORE}/configmaps", config_map(name, a="x" * 150_000))
    answer = await target.call("GET", f"{CORE}/configmaps/{name}")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(answer.body["data"]["a"]) == 150_000


async def test_a_watch_tells_every_change(target: Target) -> None:
    name = unique("watched")
    before = (await target.get(f"{CORE}/configmaps"))["metadata"]["resourceVersion"]
    query = {"resourceVersion": before, "fieldSelector": f"metadata.name={name}"}
    async with target.watch(f"{CORE}/configmaps", **query) as events:
        await target.create(f"{CORE}/configmaps", config_map(name, a="1"))
        added = await anext(events)
        await target.call("PATCH", f"{CORE}/configmaps/{name}", {"data": {"a": "2"}}, content_type=MERGE)
        modified = await anext(events)
        await target.call("DELETE", f"{CORE}/configmaps/{name}")
        deleted = await anext(events)
    assert [each["type"] for each in (added, modified, deleted)] == ["ADDED", "MODIFIED", "DELETED"]
    assert (added["object"]["kind"], added["object"]["apiVersion"]) == ("ConfigMap", "v1")
    versions = [int(each["object"]["metadata"]["resourceVersion"]) for each in (added, modified, deleted)]
    assert int(before) < versions[0] < versions[1] < versions[2]


async def test_a_watch_ends_with_a_bookmark(target: Target) -> None:
    version = (await target.get(f"{CORE}/configmaps"))["metadata"]["resourceVersion"]
    query = {
        "resourceVersion": version, "allowWatchBookmarks": "true", "timeoutSeconds": 4,
        "fieldSelector": "metadata.name=nobody",
    }  # fmt: skip
    async with target.watch(f"{CORE}/configmaps", **query) as events:
        await make_maps(target, 1)
        kinds = [event async for event in events if event["type"] == "BOOKMARK"]
    assert kinds, "no bookmark before the end"
    assert kinds[-1]["object"]["kind"] == "ConfigMap"
    assert int(kinds[-1]["object"]["metadata"]["resourceVersion"]) > int(version)
    assert "data" not in kinds[-1]["object"]


async def test_a_watch_can_send_everything_first(target: Target) -> None:
    group, _ = await make_maps(target, 2)
    query = {
        "labelSelector": f"group={group}", "sendInitialEvents": "true", "resourceVersionMatch": "NotOlderThan",
        "allowWatchBookmarks": "true",
    }  # fmt: skip
    async with target.watch(f"{CORE}/configmaps", **query) as events:
        first = [await anext(events) for _ in range(3)]
    assert [event["type"] for event in first] == ["ADDED", "ADDED", "BOOKMARK"]
    assert first[2]["object"]["metadata"]["annotations"] == {"k8s.io/initial-events-end": "true"}
    answer = await target.call("GET", f"{CORE}/configmaps", watch="true", sendInitialEvents="true")
    assert (answer.status, answer.body["reason"]) == (422, "Invalid")


async def test_a_watch_from_forgotten_times_says_gone(target: Target) -> None:
    await make_maps(target, 1)
    await target.forget_history()
    async with target.watch(f"{CORE}/configmaps", resourceVersion="1") as events:
        event = await anext(events)
    assert event["type"] == "ERROR"
    status = event["object"]
    assert (status["kind"], status["code"], status["reason"]) == ("Status", 410, "Expired")
    assert status["message"].startswith("too old resource version: 1 (")


async def test_a_version_of_the_future_is_refused(target: Target) -> None:
    answer = await target.call("GET", f"{CORE}/configmaps", resourceVersion="99999999")
    assert (answer.status, answer.body["reason"]) == (504, "Timeout")
    assert answer.body["details"]["causes"][0]["reason"] == "ResourceVersionTooLarge"


@pytest.mark.parametrize(
    ("selector", "expected"),
    [
        ("group={g},n=1", ["1"]),
        ("group={g},n!=1", ["0", "2"]),
        ("group={g},n in (0, 2)", ["0", "2"]),
        ("group={g},n notin (0,2)", ["1"]),
        ("group={g},odd", ["1"]),
        ("group={g},!odd", ["0", "2"]),
    ],
)
async def test_label_selectors(target: Target, selector: str, expected: list[str]) -> None:
    group = unique("labels")
    for number in ("0", "1", "2"):
        labels = {"group": group, "n": number} | ({"odd": ""} if number == "1" else {})
        await target.create(f"{CORE}/configmaps", config_map(f"{group}-{number}", labels))
    found = await target.get(f"{CORE}/configmaps", labelSelector=selector.format(g=group))
    assert [item["metadata"]["labels"]["n"] for item in found["items"]] == expected


@pytest.mark.parametrize(
    ("path", "query", "message"),
    [
        (f"{CORE}/pods", {"labelSelector": "a===b"}, "unable to parse requirement: found '=', expected: identifier"),
        (f"{CORE}/pods", {"fieldSelector": "spec.foo=b"}, "field label not supported: spec.foo"),
        (
            f"{APPS}/deployments",
            {"fieldSelector": "spec.foo=b"},
            '"spec.foo" is not a known field selector: only "metadata.name", "metadata.namespace"',
        ),
    ],
)
async def test_wrong_selectors_are_refused(target: Target, path: str, query: dict[str, str], message: str) -> None:
    answer = await target.call("GET", path, **query)
    assert (answer.status, answer.body["reason"], answer.body["message"]) == (400, "BadRequest", message)


async def test_field_selectors_of_pods_and_events(target: Target) -> None:
    name = unique("fields")
    await target.create(f"{APPS}/deployments", deployment(name, 1))
    await settled(target, name)
    pod = (await pods_of(target, name))[0]
    query = {"fieldSelector": f"spec.nodeName={pod['spec']['nodeName']},status.phase=Running"}
    running = await target.get(f"{CORE}/pods", **query)
    assert pod["metadata"]["name"] in [each["metadata"]["name"] for each in running["items"]]
    query = {"fieldSelector": f"involvedObject.kind=Deployment,involvedObject.name={name}"}

    async def told() -> list[str]:
        found = await target.get(f"{CORE}/events", **query)
        return [event["message"] for event in found["items"] if event["reason"] == "ScalingReplicaSet"]

    replica_set = pod["metadata"]["ownerReferences"][0]["name"]
    assert await eventually(told) == [f"Scaled up replica set {replica_set} from 0 to 1"]


TABLED = [
    resource
    for resource in RESOURCES
    if resource.version != "v1beta1" and "list" in resource.verbs and columns(resource)[1]["name"] != "Created At"
]


@pytest.mark.parametrize("resource", TABLED, ids=lambda resource: f"{resource.plural}.{resource.version}")
async def test_tables_have_the_same_columns(target: Target, resource: Resource) -> None:
    base = f"/apis/{resource.group}/{resource.version}" if resource.group else "/api/v1"
    namespace = f"/namespaces/{NAMESPACE}" if resource.namespaced else ""
    answer = await target.call("GET", f"{base}{namespace}/{resource.plural}", accept=TABLE)
    assert (answer.body["kind"], answer.body["apiVersion"]) == ("Table", "meta.k8s.io/v1")
    found = [{**column, "description": ""} for column in answer.body["columnDefinitions"]]
    assert found == columns(resource)


async def test_table_cells_of_a_workload(target: Target) -> None:
    name = unique("cells")
    await target.create(f"{APPS}/deployments", deployment(name, 2))
    await target.create(HPAS, autoscaler(name, 1, 5, 50))
    await settled(target, name)
    select = {"labelSelector": f"app={name}"}
    pods = (await target.call("GET", f"{CORE}/pods", accept=TABLE, **select)).body["rows"]
    assert [row["cells"][1:4] for row in pods] == [["1/1", "Running", "0"]] * 2
    assert pods[0]["object"]["kind"] == "PartialObjectMetadata"
    one = (await target.call("GET", f"{APPS}/deployments/{name}", accept=TABLE)).body["rows"][0]["cells"]
    assert one[:4] + one[5:] == [name, "2/2", 2, 2, "app", "registry.example/app:1.0", f"app={name}"]
    one = (await target.call("GET", f"{HPAS}/{name}", accept=TABLE)).body["rows"][0]["cells"]
    assert one[:2] + one[3:5] == [name, f"Deployment/{name}", "1", 5]
    assert one[2].startswith("cpu: ")
    assert one[2].endswith("/50%")


async def test_metadata_alone(target: Target) -> None:
    group, names = await make_maps(target, 2)
    accept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
    answer = await target.call("GET", f"{CORE}/configmaps", accept=accept, labelSelector=f"group={group}")
    assert (answer.body["kind"], answer.body["apiVersion"]) == ("PartialObjectMetadataList", "meta.k8s.io/v1")
    assert [item["metadata"]["name"] for item in answer.body["items"]] == names
    assert all("data" not in item for item in answer.body["items"])
    accept = accept.replace("MetadataList", "Metadata")
    answer = await target.call("GET", f"{CORE}/configmaps/{names[0]}", accept=accept)
    assert (answer.body["kind"], answer.body["metadata"]["name"]) == ("PartialObjectMetadata", names[0])


async def test_config_maps_say_who_changed_them_when(target: Target) -> None:
    name = unique("managed")
    await target.create(f"{CORE}/configmaps", config_map(name, a="1"))
    patched = await target.call("PATCH", f"{CORE}/configmaps/{name}", {"data": {"b": "2"}}, content_type=MERGE)
    entry = patched.body["metadata"]["managedFields"][-1]
    assert (entry["manager"], entry["operation"], entry["apiVersion"]) == ("contract", "Update", "v1")
    assert entry["time"] >= patched.body["metadata"]["creationTimestamp"]
    assert "f:b" in entry["fieldsV1"]["f:data"]


SERVED = sorted({(each.group, each.version) for each in RESOURCES if each.group != "metrics.k8s.io"})


@pytest.mark.parametrize(("group", "version"), SERVED)
async def test_discovery_names_the_same_resources(target: Target, group: str, version: str) -> None:
    path = f"/apis/{group}/{version}" if group else f"/api/{version}"
    ours = discover(path, aggregated=False, address="")
    assert ours is not None
    found = {row["name"]: row for row in (await target.get(path))["resources"]}
    for row in ours["resources"]:
        there = {key: value for key, value in found[row["name"]].items() if key != "storageVersionHash"}
        assert row == there


async def test_aggregated_discovery(target: Target) -> None:
    accept = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList"
    answer = await target.call("GET", "/apis", accept=accept)
    assert "apidiscovery.k8s.io" in answer.headers["Content-Type"]
    groups = {item["metadata"]["name"]: item for item in answer.body["items"]}
    versions = [each["version"] for each in groups["autoscaling"]["versions"]]
    assert versions == ["v2", "v1"]
    deployments = next(each for each in groups["apps"]["versions"][0]["resources"] if each["resource"] == "deployments")
    assert deployments["responseKind"]["kind"] == BY_KIND["Deployment"].kind
    assert {each["subresource"] for each in deployments["subresources"]} == {"scale", "status"}


async def test_version(target: Target) -> None:
    version = await target.get("/version")
    assert (version["major"], version["minor"]) == ("1", "36")
    assert version["gitVersion"].startswith("v1.36.")
