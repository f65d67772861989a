"""Writes databases in MaxMind's format (MaxMind DB File Format Specification 2.0), as small as tests
want them."""
import ipaddress
import struct

MARK = b"\xab\xcd\xefMaxMind.com"


def head(kind, size):
    assert size < 29 + 256
    tail = bytes([size - 29]) if size >= 29 else b""
    size = min(size, 29)
    return (bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])) + tail


def number(kind, value):
    raw = value.to_bytes(8, "big").lstrip(b"\0")
    return head(kind, len(raw)) + raw


def encoded(value):
    """Texts, maps, lists; a number is a uint32 unless it says what it is: (kind, number)."""
    if isinstance(value, str):
        return head(2, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        return head(7, len(value)) + b"".join(encoded(k) + encoded(v) for k, v in value.items())
    if isinstance(value, list):
        return head(11, len(value)) + b"".join(map(encoded, value))
    return number(*value) if isinstance(value, tuple) else number(6, value)


UINT16, UINT64 = 5, 9


def database(places, kind="Test"):
    """network -> what is known of it. IPv4 lies in ::/96, as the library looks for it."""
    nodes, data = [[None, None]], b""
    for network, value in places.items():
        network = ipaddress.ip_network(network)
        bits, length = int(network.network_address), network.prefixlen
        length += 96 if network.version == 4 else 0
        at = 0
        for i in range(length):
            side = bits >> (127 - i) & 1
            if i == length - 1:
                nodes[at][side] = ("data", len(data))
            else:
                if nodes[at][side] is None:
                    nodes[at][side] = len(nodes)
                    nodes.append([None, None])
                at = nodes[at][side]
                assert not isinstance(at, tuple), "networks do not nest"
        data += encoded(value)

    def record(to):
        to = len(nodes) if to is None else len(nodes) + 16 + to[1] if isinstance(to, tuple) else to
        return struct.pack(">I", to)[1:]

    tree = b"".join(record(side) for node in nodes for side in node)
    return tree + bytes(16) + data + MARK + encoded({
        "binary_format_major_version": (UINT16, 2), "binary_format_minor_version": (UINT16, 0),
        "build_epoch": (UINT64, 1796169600), "database_type": kind, "description": {"en": kind},
        "ip_version": (UINT16, 6), "languages": ["en"], "node_count": len(nodes),
        "record_size": (UINT16, 24)})


def country(code):
    return {"country": {"iso_code": code, "names": {"en": code}}}


def asn(number, organisation):
    return {"autonomous_system_number": number, "autonomous_system_organization": organisation}
