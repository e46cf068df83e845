"""Kubernetes quantities added exactly, and written as Kubernetes writes them.

Source: k8s.io/apimachinery, pkg/api/resource/quantity.go: no digit is lost, the largest suffix that leaves a whole
number is taken, and a sum keeps the notation (decimal or binary) of its first part that is not zero.
"""

import re
from decimal import Decimal, InvalidOperation
from fractions import Fraction

import msgspec

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_FORM = re.compile(r"([+-]?[0-9.]+)(?:([eE][+-]?[0-9]+)|([a-zA-Z]{1,2}))?")


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """An amount, in cores, bytes or pieces."""

    numerator: int = 0
    denominator: int = 1
    binary: bool = False

    @property
    def amount(self) -> Fraction:
        return Fraction(self.numerator, self.denominator)

    def __add__(self, other: "Quantity") -> "Quantity":
        total = self.amount + other.amount
        return _of(total, self.binary if self.numerator else other.binary)

    def __str__(self) -> str:
        amount = self.amount
        if self.binary and amount.denominator == 1 and abs(amount) >= 1024:
            whole, power = amount.numerator, 0
            while whole % 1024 == 0 and power < 6:
                whole, power = whole // 1024, power + 1
            return f"{whole}{next((name for name, place in _BINARY.items() if place == power), '')}"
        if not amount:
            return "0"
        for suffix, exponent in reversed(_DECIMAL.items()):
            scaled = amount / Fraction(10) ** exponent
            if scaled.denominator == 1:
                return f"{scaled.numerator}{suffix}"
        return f"{-((-amount * 10**9).__floor__())}n"


ZERO = Quantity()


def read(value: object) -> Quantity:
    """Of the API's text; zero for null and what is none."""
    found = _FORM.fullmatch(str(value).strip()) if isinstance(value, str | int | float) else None
    if found is None:
        return ZERO
    digits, exponent, suffix = found[1], found[2] or "", found[3] or ""
    try:
        amount = Fraction(Decimal(digits + exponent))
    except InvalidOperation:
        return ZERO
    if suffix in _BINARY:
        return _of(amount * 1024 ** _BINARY[suffix], binary=True)
    return _of(amount * Fraction(10) ** _DECIMAL[suffix], binary=False) if suffix in _DECIMAL else ZERO


def greater(one: Quantity, other: Quantity) -> Quantity:
    """The larger of the two, the first where they are equal."""
    return other if other.amount > one.amount else one


def percent(part: Quantity, whole: Quantity) -> int:
    """Cut, not rounded; 0 of nothing."""
    return int(part.amount * 100 / whole.amount) if whole.numerator else 0


def _of(amount: Fraction, binary: bool) -> Quantity:
    return Quantity(amount.numerator, amount.denominator, binary)
