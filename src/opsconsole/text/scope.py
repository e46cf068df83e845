"""The namespaces that are looked at, in the words of the frame: `ns shop, web (2 of 14)`."""

from collections.abc import Sequence

from .clean import clean


def scope(namespaces: Sequence[str], known: int | None = None, *, limit: int = 48) -> str:
    """`known` is how many there are, where that is known. More names than fit are counted: `ns a, b +3 (5 of 14)`."""
    if not namespaces:
        return "all namespaces"
    shown = [clean(namespaces[0], 63)]
    for name in namespaces[1:]:
        if len(", ".join([*shown, name])) > limit:
            break
        shown.append(clean(name, 63))
    more = f" +{len(namespaces) - len(shown)}" if len(shown) < len(namespaces) else ""
    among = f" ({len(namespaces)} of {known})" if known is not None and known >= len(namespaces) else ""
    return f"ns {', '.join(shown)}{more}{among}"
