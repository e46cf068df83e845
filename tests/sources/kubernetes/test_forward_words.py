"""What kubectl says last, in the console's words; its texts are those of kubectl 1.36 and of older ones."""

import pytest

from opsconsole.model.reading import ProblemKind
from opsconsole.sources.kubernetes.forward_words import Target, failure, parse, plain

TARGET = Target("data", "service", "postgres", "5432")
REFUSED = "error forwarding port 5432 to pod 1f2e, uid : exit status 1: connect: connection refused"


@pytest.mark.parametrize(
    ("through", "target"),
    [
        ("kube://data/postgres:5432", TARGET),
        ("kube://data/postgres:tcp-pg", Target("data", "service", "postgres", "tcp-pg")),
        ("kube://data/pod/postgres-1:5432", Target("data", "pod", "postgres-1", "5432")),
        ("kube://data/postgres", None),
        ("kube://data/postgres:5432/shop", None),
        ("kube://data/deployment/postgres:5432", None),
        ("kube://-n/postgres:5432", None),
        ("kube://data/postgres:-1", None),
        ("http://data/postgres:5432", None),
    ],
)
def test_how_the_settings_name_it(through: str, target: Target | None) -> None:
    assert parse(through) == target
    assert target is None or str(target) == through


def test_the_name_in_the_cluster() -> None:
    assert TARGET.name == "postgres.data.svc"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            'E1121 19:20:01.123456   12345 portforward.go:424] "Unhandled Error" '
            f'err="an error occurred forwarding 43421 -> 5432: {REFUSED}"\nerror: lost connection to pod\n',
            f"an error occurred forwarding 43421 -> 5432: {REFUSED}",
        ),
        (f"E0102 10:00:00.000001       1 portforward.go:400] {REFUSED}\n", REFUSED),
        ("error: lost connection to pod\n", "lost connection to pod"),
        ("E0102 10:00:00.1 1 p.go:1] error copying from local connection to remote stream: reset by peer\n", ""),
        ("Unable to connect to the server: token=hush-Words\x1b[31m\n", "Unable to connect to the server: token=***"),
        ("", ""),
    ],
)
def test_its_last_words_without_the_marks_of_its_log(said: str, shown: str) -> None:
    assert plain(said) == shown


@pytest.mark.parametrize(
    ("said", "kind", "words"),
    [
        (
            'error upgrading connection: pods "postgres-0" is forbidden: User "eve" cannot create resource '
            '"pods/portforward" in API group "" in the namespace "data"',
            ProblemKind.FORBIDDEN,
            "may not create pods/portforward in data",
        ),
        (
            'Error from server (Forbidden): services "postgres" is forbidden: User "eve" cannot get resource '
            '"services" in API group "" in the namespace "data"',
            ProblemKind.FORBIDDEN,
            "may not get services in data",
        ),
        ('Error from server (NotFound): services "postgres" not found', ProblemKind.MISCONFIGURED, "is not there"),
        ("Service postgres does not have a service port 5433", ProblemKind.MISCONFIGURED, "no such port"),
        ("You must be logged in to the server (Unauthorized)", ProblemKind.UNAUTHORIZED, "logged in"),
        (
            "unable to forward port because pod is not running. Current status=Pending",
            ProblemKind.UNREACHABLE,
            "Current status=Pending",
        ),
        ("timed out waiting for the condition", ProblemKind.UNREACHABLE, "timed out"),
    ],
)
def test_what_they_mean(said: str, kind: ProblemKind, words: str) -> None:
    problem = failure(TARGET, said, "run `aws sso login` and press r").problem
    assert problem.kind is kind
    assert words in problem.sentence
    assert "kube://data/postgres:5432" in problem.sentence
    assert problem.remedy
