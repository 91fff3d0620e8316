"""Which addresses are restricted, and which schemes allowed."""

from __future__ import annotations

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.artifact.policy import is_restricted, read_policy
from flinkop.config import load_config
from flinkop.errors import InvalidSpec

RESTRICTED = (
    *("127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1"),
    *("255.255.255.255", "::1", "::", "fe80::1%eth0", "fd00::1", "ff02::1", "::ffff:10.0.0.1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "no"),
)
PUBLIC = ("8.8.8.8", "151.101.2.132", "2a00:1450:4001:80b::200e", "::ffff:8.8.8.8", "64:ff9b::808:808")


@pytest.mark.parametrize("address", RESTRICTED)
def test_addresses_that_are_not_public_are_restricted(address: str) -> None:
    assert is_restricted(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_not(address: str) -> None:
    assert not is_restricted(address)


@given(st.ip_addresses(v=4))
def test_no_ipv6_form_gets_around_the_rule(address: IPv4Address) -> None:
    for form in (f"::ffff:{address}", f"64:ff9b::{int(address) >> 16:x}:{int(address) & 0xFFFF:x}"):
        assert is_restricted(form) == is_restricted(str(address))


def test_only_https_and_jars_of_the_image_are_allowed_by_default() -> None:
    policy = read_policy(load_config({}))
    policy.check_scheme("https://repo/a.jar")
    policy.check_scheme("local:///a.jar")
    with pytest.raises(InvalidSpec, match=r"has the scheme 'http', and only https, local may be used; the operator's option kubernetes\."):
        policy.check_scheme("http://user:hunter2@repo/a.jar")


def test_the_configuration_allows_more() -> None:
    prefix = "kubernetes.operator.user.artifacts."
    policy = read_policy(load_config({}, defaults={f"{prefix}allowed-schemes": "https;s3", f"{prefix}max-size": "1m"}))
    policy.check_scheme("s3://bucket/a.jar")
    assert (policy.largest, policy.refuse_restricted, str(policy.directory)) == (2**20, True, "/opt/flink/artifacts")
