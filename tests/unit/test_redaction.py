"""Secrets stay out of what is shown, whatever form they come in."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flinkop.redaction import HIDDEN, is_sensitive, redact, redact_arguments, redact_mapping

SECRET = "s3cr3t-V4lue"


@pytest.mark.parametrize(
    "key",
    [
        "s3.secret-key",
        "security.ssl.rest.keystore-password",
        "fs.azure.account.key.store.blob.core.windows.net",
        "kubernetes.operator.user.artifacts.http.header",
        "fs.s3a.access.key",
        "metrics.reporter.dghttp.APIKEY",
        "security.delegation.TOKENS.enabled",
    ],
)
def test_keys_that_carry_credentials_are_sensitive(key: str) -> None:
    assert is_sensitive(key)


@pytest.mark.parametrize("key", ["state.savepoints.dir", "parallelism.default", "kubernetes.operator.reconcile.interval"])
def test_ordinary_keys_are_not_sensitive(key: str) -> None:
    assert not is_sensitive(key)


@pytest.mark.parametrize(
    "text",
    [
        f"s3.secret-key: {SECRET}",
        f"password={SECRET}",
        f"jdbc:mysql://db/x?user=a&password={SECRET}&ssl=true",
        f'{{"token": "{SECRET}", "name": "x"}}',
        f'{{"token": "{SECRET} with a \\" quote {SECRET}"}}',
        f"{{'client_secret': '{SECRET}'}}",
        f"Authorization: Bearer {SECRET}",
        f"error: password={SECRET}",
        f"could not read s3://me:{SECRET}@bucket/path",
        f"could not read https://me:with@{SECRET}@host/path",
        f"http-headers: x-key:{SECRET},y:{SECRET}",
    ],
)
def test_a_secret_in_running_text_is_hidden(text: str) -> None:
    shown = redact(text)

    assert SECRET not in shown
    assert HIDDEN in shown


@pytest.mark.parametrize(
    "text",
    [
        "spec.job.parallelism: must be at least 1",
        'secret "tls" not found',
        "http://basic-example-rest.default:8081/jobs/overview",
        "s3://bucket/savepoints/savepoint-1",
        'MountVolume.SetUp failed for volume "my-token" : secret "my-secret" not found',
        'MountVolume.SetUp failed for volume "my-token" : failed to sync secret cache: timed out waiting for the condition',
        'MountVolume.SetUp failed for volume "my-token" : references non-existent secret key: ca.crt',
        "spec.flinkConfiguration.my-token: must be at least 1",
        'error looking up service account team/flink-token: serviceaccount "flink-token" not found',
        'Pod "x" is invalid: spec.containers[0].env[0].valueFrom.secretKeyRef.name: Required value',
        "token: is not an option",
    ],
)
def test_text_without_a_secret_stays_as_it_is(text: str) -> None:
    assert redact(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "password: {}",
        "password={} be",
        "password = {} be",
        "password:{} be",
        'password: "{} be" x',
        "password: {}-x be",
        "password: {}x be",
        "password: {}, be",
        "password: {}\n be",
    ],
)
@pytest.mark.parametrize("word", ["must", "failed", "secret"])
def test_a_word_of_prose_that_may_be_a_secret_is_hidden(text: str, word: str) -> None:
    assert word not in redact(text.format(word))


def test_a_secret_within_prose_behind_a_sensitive_name_is_hidden() -> None:
    assert redact(f"my-token: failed to log in with password: {SECRET}") == f"my-token: failed to log in with password: {HIDDEN}"


def test_a_configuration_is_shown_with_its_keys() -> None:
    conf = {"s3.secret-key": SECRET, "parallelism.default": "2", "env.java.opts": f"-Dpassword={SECRET}"}

    assert redact_mapping(conf) == {"s3.secret-key": HIDDEN, "parallelism.default": "2", "env.java.opts": f"-Dpassword={HIDDEN}"}


@given(st.sampled_from(["token", "x.password", "API-KEY"]), st.from_regex(r"[a-zA-Z0-9+/=_.~-]{8,40}", fullmatch=True))
def test_no_value_of_a_sensitive_pair_gets_through(name: str, value: str) -> None:
    for text in (f"{name}={value}", f"{name}: {value}", f'"{name}": "{value}"', f"a=b {name} = {value} c=d"):
        assert redact(text).count(HIDDEN) == 1
        assert value not in redact(text).replace(HIDDEN, "")


@pytest.mark.parametrize(
    "text", ["a" * 500_000, "token" * 100_000, "'" * 500_000, "password='" * 50_000, "a://" * 100_000, "a://" + "b@" * 250_000]
)
def test_long_text_takes_linear_time(text: str) -> None:
    started = time.process_time()

    redact(f"{text} : =")

    assert time.process_time() - started < 2


@pytest.mark.parametrize(
    ("arguments", "shown"),
    [
        (["--password", "x", "y"], ["--password", HIDDEN, "y"]),
        (["--token=x", "y"], [f"--token={HIDDEN}", "y"]),
        (["password", "x"], ["password", "x"]),
        (["--name", "x", "--secret"], ["--name", "x", "--secret"]),
    ],
    ids=["the next argument", "the same argument", "no option", "nothing behind it"],
)
def test_arguments_are_hidden_behind_the_option_that_names_a_secret(arguments: list[str], shown: list[str]) -> None:
    assert redact_arguments(arguments) == shown
