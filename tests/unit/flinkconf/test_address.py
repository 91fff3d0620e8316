"""Which addresses are not public."""

from __future__ import annotations

import pytest

from flinkop.flinkconf.address import is_restricted

RESTRICTED = [
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "240.0.0.1",
    "::",
    "::1",
    "fd00::1",
    "fe80::1%eth0",
    "ff02::1",
    "::ffff:10.0.0.1",
    "64:ff9b::a00:1",
    "2002:a00:1::",
    "no address",
]


@pytest.mark.parametrize("address", RESTRICTED)
def test_an_address_that_is_not_public_is_restricted_in_whatever_clothes(address: str) -> None:
    assert is_restricted(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_is_not(address: str) -> None:
    assert not is_restricted(address)
