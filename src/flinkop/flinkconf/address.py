"""Which IP addresses are not public: the operator connects to them only where its configuration says so."""

from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_TRANSLATED = IPv6Network("64:ff9b::/96")


def is_restricted(address: str) -> bool:
    """Whether an IP address is not one of the public Internet: loopback, private, link-local, shared, multicast, unspecified, reserved.

    IPv6 addresses that stand for an IPv4 address are that address. What is not an address at all is restricted.
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return True
    inner = _embedded(found) if isinstance(found, IPv6Address) else None
    meant = inner or found
    return not meant.is_global or meant.is_multicast or meant.is_reserved


def _embedded(address: IPv6Address) -> IPv4Address | None:
    if address in _TRANSLATED:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
