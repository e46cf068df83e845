"""From when until when a certificate holds: the server says 401 or hangs up, and never that it has run out."""

from collections.abc import Iterator
from datetime import UTC, datetime
from ssl import PEM_cert_to_DER_cert

_VERSION, _UTC_TIME = 0xA0, 0x17
_END = "-----END CERTIFICATE-----"


def validity(pem: bytes) -> tuple[datetime, datetime] | None:
    """(not before, not after) of the first certificate of a PEM file; None where it cannot be told.

    Form: RFC 5280, 4.1, in DER.
    """
    try:
        first, found, _ = pem.decode("ascii").partition(_END)
        der = PEM_cert_to_DER_cert(first[first.index("-----BEGIN") :] + found)
        certificate = next(_parts(der))[1]
        fields = [part for part in _parts(next(_parts(certificate))[1]) if part[0] != _VERSION]
        # serial number, algorithm, issuer, validity
        begin, end = _parts(fields[3][1])
        return _moment(*begin), _moment(*end)
    except (ValueError, IndexError, StopIteration):
        return None


def _parts(der: bytes) -> Iterator[tuple[int, bytes]]:
    """(tag, content) of what follows one another."""
    at = 0
    while at < len(der):
        tag, length = der[at], der[at + 1]
        at += 2
        if length & 0x80:
            size = length & 0x7F
            length = int.from_bytes(der[at : at + size], "big")
            at += size
        yield tag, der[at : at + length]
        at += length


def _moment(tag: int, content: bytes) -> datetime:
    form = "%y%m%d%H%M%SZ" if tag == _UTC_TIME else "%Y%m%d%H%M%SZ"
    return datetime.strptime(content.decode("ascii"), form).replace(tzinfo=UTC)
