"""The difference of two pod templates as somebody would tell it; secrets are never written out."""

import copy
from typing import Any

from opsconsole.rules.template_changes import short_image, template_changes, without_hash


def template(**container: Any) -> dict[str, Any]:
    first = {
        "name": "api",
        "image": "registry.example/team/api:1.8.1",
        "env": [{"name": "POOL", "value": "10"}, {"name": "DB_PASSWORD", "value": "hunter2"}],
        "resources": {"requests": {"cpu": "100m"}},
        **container,
    }
    return {"metadata": {"labels": {"app": "api", "pod-template-hash": "abc"}}, "spec": {"containers": [first]}}


def test_equal_but_for_the_hash() -> None:
    held = without_hash(template())
    assert held["metadata"]["labels"] == {"app": "api"}
    assert template_changes(template(), held) == ()
    assert template_changes(held, held | {"metadata": {"labels": {"app": "api"}, "creationTimestamp": None}}) == ()


def test_images_variables_resources_then_the_rest_by_its_path() -> None:
    new = template(
        image="registry.example/team/api:1.8.2",
        env=[
            {"name": "POOL", "value": "40"},
            {"name": "DB_PASSWORD", "value": "other"},
            {"name": "FEED_V2", "value": "on"},
        ],
        resources={"requests": {"cpu": "200m"}, "limits": {"memory": "1Gi"}},
        livenessProbe={"httpGet": {"path": "/live"}},
    )
    new["spec"]["terminationGracePeriodSeconds"] = 60
    new["metadata"]["annotations"] = {"kubectl.kubernetes.io/restartedAt": "2026-05-04T03:02:00Z"}
    assert template_changes(template(), new) == (
        "image api:1.8.1→api:1.8.2",
        "env POOL 10→40",
        "env DB_PASSWORD changed",
        "env FEED_V2 added",
        "requests cpu 100m→200m",
        "limits memory none→1Gi",
        "livenessProbe added",
        "metadata.annotations added",
        "spec.terminationGracePeriodSeconds added",
    )
    assert "env FEED_V2 removed" in template_changes(new, template())


def test_several_containers_are_named() -> None:
    old, new = template(), template(image="registry.example/team/api:1.8.2")
    for one in (old, new):
        one["spec"]["containers"].append({"name": "proxy", "image": "envoy:1"})
    new["spec"]["initContainers"] = [{"name": "migrate", "image": "api:1.8.2"}]
    assert template_changes(old, new) == ("container migrate added", "image api:1.8.1→api:1.8.2 of api")
    turned = copy.deepcopy(old)
    turned["spec"]["containers"].reverse()
    assert template_changes(old, turned) == ("containers in another order",)


def test_an_image_that_moved_to_another_registry_is_written_whole() -> None:
    moved = template(image="mirror.example/team/api:1.8.1")
    whole = "image registry.example/team/api:1.8.1→mirror.example/team/api:1.8.1"
    assert template_changes(template(), moved) == (whole,)
    assert short_image("r.example/api@sha256:0123456789abcdef") == "api@0123456789ab"
    assert short_image("r.example:5000/api") == "api"


def test_values_that_are_secret_by_name_or_by_look_or_long_are_not_told() -> None:
    def env(name: str, value: str) -> dict[str, Any]:
        return template(env=[{"name": name, "value": value}])

    url = env("DATABASE_URL", "postgres://u:one@db"), env("DATABASE_URL", "postgres://u:two@db")
    assert template_changes(*url) == ("env DATABASE_URL changed",)
    assert template_changes(env("NOTE", "a" * 30), env("NOTE", "b")) == ("env NOTE changed",)
    assert template_changes(env("API_TOKEN", "a"), env("API_TOKEN", "b")) == ("env API_TOKEN changed",)
