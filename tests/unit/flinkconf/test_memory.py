"""Memory sizes. The rows of Flink's grammar were checked against Flink 1.20's own MemorySize."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.flinkconf.memory import format_memory, parse_flink_memory, parse_memory, parse_quantity, to_mebibytes

FLINK = {
    "1024": 1024,
    "7b": 7,
    "7 bytes": 7,
    "2k": 2048,
    "2 kb": 2048,
    "2kibibytes": 2048,
    "2048m": 2147483648,
    "2048 MB": 2147483648,
    "1 mebibytes": 1048576,
    "2g": 2147483648,
    "2 Gb": 2147483648,
    " 3 gibibytes ": 3221225472,
    "1t": 1099511627776,
    "0": 0,
}

QUANTITIES = {
    "2Gi": 2147483648,
    "2 gi": 2147483648,
    "2GiB": 2147483648,
    "1.5Gi": 1610612736,
    "512Mi": 536870912,
    "1.5G": 1500000000,
    "1.5k": 1500,
    "2e9": 2000000000,
    "1Ti": 1099511627776,
}


@pytest.mark.parametrize(("text", "size"), FLINK.items(), ids=FLINK.keys())
def test_flinks_own_form_counts_in_powers_of_two(text: str, size: int) -> None:
    assert parse_flink_memory(text) == size
    assert parse_memory(text) == size


@pytest.mark.parametrize(("text", "size"), QUANTITIES.items(), ids=QUANTITIES.keys())
def test_other_forms_are_kubernetes_quantities(text: str, size: int) -> None:
    assert parse_memory(text) == size
    with pytest.raises(ValueError, match="is not a memory size; write for example 2048m or 2g"):
        parse_flink_memory(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "m", "-1m", "2x", "2 g g", "1,5g", "99999999999999999999", "9223372036854775808b", "0x10", "1e999999999"),
        pytest.param("9" * 5000, id="many digits"),
    ],
)
def test_what_is_neither_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a memory size; write for example 2048m, 2g or 2Gi"):
        parse_memory(text)


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("500m", "0.5"),
        ("1.5", "1.5"),
        (".5", "0.5"),
        ("2", "2"),
        ("100n", "1e-7"),
        ("250u", "0.00025"),
        ("2Ki", "2048"),
        ("1e3", "1000"),
        ("1E3", "1000"),
        ("1E", "1e18"),
        ("-1", "-1"),
    ],
)
def test_quantities_are_exact(text: str, amount: str) -> None:
    assert parse_quantity(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text",
    ["", "m", "1 Gi", "1K", "1gi", "1.2.3", "1e", "ten", "1ni", "1e999999999", pytest.param("9" * 5000, id="many digits")],
)
def test_what_kubernetes_would_refuse_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a Kubernetes quantity"):
        parse_quantity(text)


def test_mebibytes_are_rounded_down() -> None:
    assert to_mebibytes(2 * 1024**2 - 1) == 1


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_a_formatted_size_reads_back(size: int) -> None:
    assert parse_flink_memory(format_memory(size)) == size
