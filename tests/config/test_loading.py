"""Finding, merging and checking the settings; every mistake with file, line, column, key and the nearest valid key."""

from pathlib import Path

import pytest

from opsconsole.config import paths
from opsconsole.config.loading import Loaded, SettingsError, SettingsProblem, load
from opsconsole.config.settings import Settings


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(paths.ENVIRONMENT, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(paths, "SYSTEM_FILE", tmp_path / "etc" / "config.toml")
    return tmp_path


def _write(file: Path, text: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    return file


def _problems(tmp_path: Path, text: str) -> tuple[SettingsProblem, ...]:
    with pytest.raises(SettingsError) as caught:
        load(_write(tmp_path / "wrong.toml", text))
    return caught.value.problems


def test_without_any_file_the_settings_are_empty() -> None:
    loaded = load()
    assert loaded.settings == Settings()
    assert loaded.path is None
    assert len(loaded.looked_for) == 2


def test_the_operators_file_is_laid_over_the_systems_table_by_table(tmp_path: Path) -> None:
    system = _write(
        tmp_path / "etc" / "config.toml",
        '[interface]\ntheme = "dark"\nbell = false\n[profiles.a.kubernetes]\nnamespaces = ["x", "y"]\n',
    )
    own = _write(
        tmp_path / "home" / "opsconsole" / "config.toml",
        '[interface]\ntheme = "high-contrast"\n[profiles.a.kubernetes]\nnamespaces = ["z"]\n',
    )
    loaded = load()
    assert loaded.files == (system, own)
    assert loaded.path == own
    assert loaded.settings.interface.theme == "high-contrast"
    assert loaded.settings.interface.bell is False
    cluster = loaded.settings.profiles["a"].kubernetes
    assert cluster is not None
    assert cluster.namespaces == ("z",)
    assert _where(loaded, "interface", "theme") == (own, 2)
    assert _where(loaded, "interface", "bell") == (system, 3)
    assert loaded.origin_of(("profiles", "a", "kubernetes", "namespaces", 1)) is None


def test_a_named_file_stands_alone_and_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _write(tmp_path / "home" / "opsconsole" / "config.toml", "this is no TOML")
    named = _write(tmp_path / "named.toml", "[profiles.only]\n")
    assert set(load(named).settings.profiles) == {"only"}
    monkeypatch.setenv(paths.ENVIRONMENT, str(named))
    assert load().files == (named,)
    with pytest.raises(SettingsError, match="does not exist"):
        load(tmp_path / "nowhere.toml")


def test_a_misspelt_key_is_named_with_its_place_and_the_nearest_one(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, '[profiles.prod]\nkubernetes = { contxt = "x" }\n')
    assert (problem.line, problem.column) == (2, 16)
    assert problem.key == "profiles.prod.kubernetes.contxt"
    assert problem.sentence == "unknown key 'contxt': did you mean 'context'?"
    assert str(problem) == f"{tmp_path}/wrong.toml:2:16: {problem.key}: {problem.sentence}"


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    problems = _problems(
        tmp_path,
        '[interface]\ntheme = "drk"\nmouse = 1\n[[profiles.a.billing.budgets]]\nid = "x"\n[profiles.a.redis]\n',
    )
    assert [(problem.line, problem.key, problem.sentence) for problem in problems] == [
        (2, "interface.theme", "unknown value 'drk': did you mean 'dark'?"),
        (3, "interface.mouse", "must be true or false, not a whole number"),
        (4, "profiles.a.billing.budgets[0]", "the key `amount` is missing"),
        (6, "profiles.a.redis", "must be a list, not a table"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "key", "sentence"),
    [
        (
            'default_profile = "prd"\n[profiles.prod]',
            1,
            "default_profile",
            "unknown profile 'prd': did you mean 'prod'?",
        ),
        ('[profiles.a]\npolicy = "s005"', 2, "profiles.a.policy", "the policy 's005' does not exist"),
        ('[policies.a]\nextends = "b"\n[policies.b]\nextends = "a"', 1, "policies.a", "leads back to itself"),
        ('[interface]\nstart_tab = "pod"', 2, "interface.start_tab", "did you mean 'pods'?"),
        ('[profiles.a.prometheus]\nurl = "localhost:9090"', 2, "profiles.a.prometheus.url", "must begin with http://"),
        ('[profiles.a.prometheus]\nurl = "kube://a/b:1"', 2, "profiles.a.prometheus.url", "goes through the cluster"),
        ('[profiles.a.loki]\nurl = "http://u:p@h"', 2, "profiles.a.loki.url", "holds a password"),
        ('[[profiles.a.postgres]]\ndsn = "host=x password=y"', 2, "profiles.a.postgres[0].dsn", "holds a password"),
        ('[[profiles.a.postgres]]\ndsn = "postgresql://u:p@h/d"', 2, "profiles.a.postgres[0].dsn", "holds a password"),
        ('[[profiles.a.redis]]\nurl = "redis://:p@h"', 2, "profiles.a.redis[0].url", "holds a password"),
        ("[[profiles.a.redis]]\npassword = {}", 2, "profiles.a.redis[0].password", "exactly one of"),
        ("[[profiles.a.redis]]\n[[profiles.a.redis]]", 2, "profiles.a.redis[1].name", "used twice"),
        ('[profiles.a.metrics]\ntiles = ["p50"]', 2, "profiles.a.metrics.tiles", "'p50' is unknown; known are"),
        (
            '[[profiles.a.metrics.panels]]\ntitle = "x"\nquery = "x"\nunit = "seconds"',
            4,
            "profiles.a.metrics.panels[0].unit",
            "known are: bytes, count",
        ),
        (
            '[[profiles.a.metrics.panels]]\ntitle = "x"\nquery = "x"\nwarning = 5\ncritical = 3',
            5,
            "profiles.a.metrics.panels[0].critical",
            "set `below = true`",
        ),
        ('[profiles.a.metrics.queries]\n"tiles.no" = "1"', 1, "profiles.a.metrics.queries", "'tiles.no' is unknown"),
        ('[profiles.a.prometheus]\nurl = "http://h"\ntimeout_s = 0', 3, "profiles.a.prometheus.timeout_s", "above 0"),
        ("[profiles.a.billing]\nlag_days = -1", 2, "profiles.a.billing.lag_days", "must be at least 0"),
        ("[policies.a]\nduration_scale = nan", 2, "policies.a.duration_scale", "must be above 0"),
        (
            '[policies.a]\nextends = "default"\ndisabled = ["cach-hit"]',
            3,
            "policies.a.disabled[0]",
            "did you mean 'cache-hit'?",
        ),
        ("[policies.default.rules.cache-hit]\nlimit = inf", 2, "policies.default.rules.cache-hit.limit", "finite"),
        ("[policies.default.rules.cache-hit]\nclear = 0.7", 2, "policies.default.rules.cache-hit.clear", "beyond the"),
        ("[policies.a]\nhealth_bands = [70, 40]", 2, "policies.a.health_bands", "the smaller one first"),
        (
            "[policies.a.health.nps]\nweight = 1\nworst = 3\nbest = 3",
            1,
            "policies.a.health.nps",
            "`worst` and `best` must differ",
        ),
        ("[profiles.a.customers]", 1, "profiles.a.customers", "exactly one of `query` and `file`"),
        ('[profiles.a.customers]\nquery = "select 1"', 1, "profiles.a.customers", "needs a [[profiles"),
    ],
)
def test_what_types_cannot_say_is_checked_too(tmp_path: Path, text: str, line: int, key: str, sentence: str) -> None:
    problem = next(problem for problem in _problems(tmp_path, text) if problem.key == key)
    assert problem.line == line
    assert sentence in problem.sentence


def test_broken_toml_is_named_with_its_line(tmp_path: Path) -> None:
    (problem,) = _problems(tmp_path, "[interface]\ntheme = \n")
    assert problem.line == 2
    assert "is not TOML: invalid value" in problem.sentence


def test_a_byte_order_mark_and_windows_line_ends_are_read(tmp_path: Path) -> None:
    file = tmp_path / "windows.toml"
    file.write_bytes(b"\xef\xbb\xbf[interface]\r\nbell = false\r\n")
    assert load(file).settings.interface.bell is False


def test_text_that_is_no_utf8_is_said(tmp_path: Path) -> None:
    file = tmp_path / "latin.toml"
    file.write_bytes(b'theme = "\xe4"')
    with pytest.raises(SettingsError, match="is not UTF-8 text"):
        load(file)


def test_a_policy_gives_only_what_it_changes_of_a_rule(tmp_path: Path) -> None:
    file = _write(
        tmp_path / "own.toml", '[policies.ours]\nextends = "default"\n[policies.ours.rules.queue-depth]\nlimit = 500\n'
    )
    rule = load(file).settings.policies["ours"].rules["queue-depth"]
    assert (rule.limit, rule.for_s, rule.measure) == (500.0, 600.0, "queue.depth")


def test_a_new_rule_must_be_whole(tmp_path: Path) -> None:
    problems = _problems(tmp_path, '[policies.ours]\nextends = "default"\n[policies.ours.rules.mine]\nlimit = 1\n')
    assert {problem.sentence for problem in problems} == {"the key `title` is missing", "the key `measure` is missing"}
    assert {problem.line for problem in problems} == {3}


def test_the_shipped_example_is_right() -> None:
    example = Path(__file__).parents[2] / "config" / "example.toml"
    settings = load(example).settings
    assert settings.profiles["prod-eu"].billing is not None
    assert len(settings.profiles["prod-eu"].billing.budgets) == 2


def _where(loaded: Loaded, *key: str) -> tuple[Path, int]:
    origin = loaded.origin_of(key)
    assert origin is not None
    return origin.file, origin.line
