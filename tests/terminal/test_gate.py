"""Capitals pass alone; bursts are dropped and said."""

from opsconsole.terminal.gate import HOLD_S, QUIET_S, Gate, Verdict


class Keys:
    """A keyboard with a clock of its own."""

    def __init__(self) -> None:
        self.now = 10.0
        self.gate = Gate(lambda: self.now)
        self.keys: list[str] = []
        self.said: list[str] = []

    def press(self, keys: str, gap: float = 0.2) -> "Keys":
        for key in keys:
            self._take(self.gate.key(key))
            self.now += gap
        return self

    def rest(self, seconds: float = 1.0) -> "Keys":
        self.now += seconds
        self._take(self.gate.tick())
        return self

    def _take(self, verdict: Verdict) -> None:
        self.keys += verdict.keys
        if verdict.says:
            self.said.append(verdict.says)


def test_typed_keys_pass() -> None:
    assert Keys().press("jjkMz").rest().keys == list("jjkMz")


def test_a_capital_waits_a_moment() -> None:
    keys = Keys().press("D", gap=0)
    assert keys.keys == []
    assert keys.rest(HOLD_S).keys == ["D"]


def test_several_capitals_at_once_are_dropped_and_said() -> None:
    keys = Keys().press("DRS", gap=0.001).rest()
    assert keys.keys == []
    assert "DR" in keys.said[0]
    assert keys.press("j").keys == ["j"]


def test_a_paste_is_dropped_to_its_end() -> None:
    keys = Keys().press("Deploy Rollback NOW please", gap=0.001).rest(QUIET_S)
    assert keys.keys == []
    assert len(keys.said) == 1


def test_a_paste_in_lower_case_stops_early() -> None:
    keys = Keys().press("kubectl get pods -q", gap=0.001).rest()
    assert len(keys.keys) < 6
    assert "q" not in keys.keys
    assert keys.said


def test_a_repeated_key_is_no_burst() -> None:
    assert Keys().press("j" * 40, gap=0.001).keys == ["j"] * 40
    assert Keys().press("MMMM", gap=0.03).rest().keys == ["M"]


def test_type_ahead_of_a_few_keys_passes_in_order() -> None:
    assert Keys().press("2jjM", gap=0.001).rest().keys == list("2jjM")


def test_a_capital_right_after_a_bracket_may_be_a_torn_arrow() -> None:
    keys = Keys().press("[A").rest()
    assert keys.keys == ["["]
    assert "torn" in keys.said[0]
    assert keys.press("A").rest().keys == ["[", "A"]
    assert Keys().press("O").press("B").rest().keys == ["O"]
    assert Keys().press("[", gap=1.1).press("A").rest().keys == ["[", "A"]
