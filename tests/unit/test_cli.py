"""The command line, as its users meet it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from flinkop import __version__
from flinkop.api.crd import build_crds
from flinkop.cli import main

HEALTHY = """\
apiVersion: flink.apache.org/v1beta1
kind: FlinkDeployment
metadata: {name: job}
spec:
  flinkVersion: v1_20
  image: flink:1.20
  serviceAccount: flink
  jobManager: {resource: {memory: 1g, cpu: 1}}
  taskManager: {resource: {memory: 1g, cpu: 1}}
  job: {jarURI: "local:///job.jar", parallelism: 1, upgradeMode: stateless}
"""
BROKEN = HEALTHY.replace("parallelism: 1", "parallelism: 0")


@pytest.fixture(autouse=True)
def no_configuration_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FLINK_CONF_DIR", "CONF_OVERRIDE_DIR", "WATCH_NAMESPACES"):
        monkeypatch.delenv(name, raising=False)


def a_file(directory: Path, text: str, name: str = "job.yaml") -> str:
    path = directory / name
    path.write_text(text)
    return str(path)


def test_version_prints_the_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["version"]) == 0
    assert capsys.readouterr().out == f"{__version__}\n"


def test_crds_prints_what_kubectl_can_apply(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["crds"]) == 0
    assert list(yaml.safe_load_all(capsys.readouterr().out)) == build_crds()


@pytest.mark.parametrize(
    "arguments",
    [[], ["fly"], ["validate"], ["config"], ["config", "-", "-o", "xml"], ["run", "--default", "no-value"], ["run", "--log-level", "loud"]],
)
def test_wrong_arguments_end_with_status_2(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)

    assert caught.value.code == 2


def test_a_healthy_file_is_fine(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = a_file(tmp_path, f"{HEALTHY}---\napiVersion: v1\nkind: ConfigMap\n")

    assert main(["validate", name]) == 0
    assert capsys.readouterr().out == f"{name}: 1 checked, 1 of other kinds, 0 errors\n"


def test_each_thing_that_is_wrong_is_a_line_with_file_document_resource_path_problem_and_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = a_file(tmp_path, f"{HEALTHY}---\n{BROKEN}")

    assert main(["validate", name]) == 1
    line, summary = capsys.readouterr().out.splitlines()
    assert line.startswith(f"{name}:2 FlinkDeployment/job: error: spec.job.parallelism: ")
    assert "; " in line
    assert summary == f"{name}: 2 checked, 0 of other kinds, 1 errors"


def test_warnings_are_told_and_do_no_harm(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = HEALTHY.replace("spec:\n", "spec:\n  flinkConfiguration: {kubernetes.operator.made-up: x}\n")

    assert main(["validate", a_file(tmp_path, odd)]) == 0
    assert ": warning: spec.flinkConfiguration.kubernetes.operator.made-up: " in capsys.readouterr().out


def test_standard_input_is_a_file_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(BROKEN))

    assert main(["validate", "-"]) == 1
    assert capsys.readouterr().out.startswith("-:1 FlinkDeployment/job: error: ")


@pytest.mark.parametrize("text", [None, "a: [", b"\xff\xfe"], ids=["missing", "not YAML", "not text"])
def test_an_unreadable_file_ends_with_status_2_and_the_others_are_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | bytes | None
) -> None:
    unreadable, broken = tmp_path / "unreadable.yaml", a_file(tmp_path, BROKEN)
    if text is not None:
        unreadable.write_bytes(text if isinstance(text, bytes) else text.encode())

    assert main(["validate", str(unreadable), broken]) == 2
    printed = capsys.readouterr()
    assert printed.err.startswith(f"{unreadable}: cannot be read: ")
    assert "spec.job.parallelism" in printed.out


def test_the_operators_configuration_counts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "conf").mkdir()
    a_file(tmp_path / "conf", "execution.checkpointing.dir: s3://b/c\nexecution.checkpointing.savepoint-dir: s3://b/s", "config.yaml")
    name = a_file(tmp_path, HEALTHY.replace("stateless", "savepoint"))

    assert main(["validate", name]) == 1
    assert main(["validate", "--config-dir", str(tmp_path / "conf"), name]) == 0
    capsys.readouterr()
    assert main(["validate", "--default", "kubernetes.operator.reconcile.interval=soon", name]) == 2
    assert "kubernetes.operator.reconcile.interval" in capsys.readouterr().err


def test_config_shows_each_value_with_its_source(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = a_file(tmp_path, HEALTHY)

    assert main(["config", "--default", "k=v", name]) == 0
    printed = capsys.readouterr()
    assert "\nk: v " in printed.out
    assert "  # operator configuration\n" in printed.out
    assert printed.err == ""


def test_config_finds_the_operators_configuration_by_the_environment_of_its_pod(tmp_path: Path) -> None:
    a_file(tmp_path, "k: mounted", "config.yaml")

    result = flinkop("config", "-", given=HEALTHY, FLINK_CONF_DIR=str(tmp_path))

    assert (result.returncode, result.stderr) == (0, "")
    assert "\nk: mounted " in result.stdout


@pytest.fixture
def operators_pod(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One where the operator was started with `--default k=started --default own=started`, and has a file that says `file: mounted`."""
    conf, process = tmp_path / "conf", tmp_path / "proc" / "1"
    conf.mkdir()
    process.mkdir(parents=True)
    a_file(conf, "file: mounted", "config.yaml")
    (process / "cmdline").write_bytes(b"flinkop\0run\0--default=k=started\0--default=own=started\0--default=file=started\0")
    monkeypatch.setattr("flinkop.startarguments.PROCESSES", tmp_path / "proc")
    monkeypatch.setenv("OPERATOR_NAMESPACE", "flinkop")
    monkeypatch.setenv("FLINK_CONF_DIR", str(conf))
    return tmp_path


def test_in_the_operators_pod_config_knows_what_the_operator_was_started_with(
    operators_pod: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = a_file(operators_pod, HEALTHY)

    assert main(["config", "--default", "own=given", name]) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    for line in ("k: started", "own: given", "file: mounted"):
        assert f"\n{line} " in printed.out
    assert main(["validate", name]) == 0


def test_in_the_operators_pod_validate_knows_what_the_operator_was_started_with(
    operators_pod: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    started = b"flinkop\0run\0--default=taskmanager.numberOfTaskSlots=many\0"
    (operators_pod / "proc" / "1" / "cmdline").write_bytes(started)

    assert main(["validate", a_file(operators_pod, HEALTHY)]) == 1
    assert "taskmanager.numberOfTaskSlots" in capsys.readouterr().out


def test_in_a_pod_whose_operator_cannot_be_seen_config_says_so(operators_pod: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (operators_pod / "proc" / "1" / "cmdline").write_bytes(b"/pause\0")

    assert main(["config", a_file(operators_pod, HEALTHY)]) == 0
    assert "the defaults of its command line are missing" in capsys.readouterr().err


def test_config_shows_what_it_can_and_tells_what_is_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = a_file(tmp_path, f"{BROKEN}---\n{HEALTHY}")

    assert main(["config", "-o", "json", name]) == 1
    printed = capsys.readouterr()
    assert len(json.loads(printed.out)) == 2
    assert printed.err.startswith(f"{name}:1 FlinkDeployment/job: error: spec.job.parallelism: ")


@pytest.mark.parametrize(
    ("arguments", "text", "status", "complaint"),
    [
        pytest.param([], "a: [", 2, "cannot be read: ", id="not YAML"),
        pytest.param(["--default", "kubernetes.operator.reconcile.interval=soon"], HEALTHY, 2, "reconcile.interval: ", id="configuration"),
        pytest.param([], "kind: ConfigMap", 1, "has no resource with a configuration\n", id="nothing of ours"),
        pytest.param(["--name", "other"], HEALTHY, 1, "has no resource with a configuration other\n", id="another name"),
    ],
)
def test_config_says_why_it_shows_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], text: str, status: int, complaint: str
) -> None:
    assert main(["config", *arguments, a_file(tmp_path, text)]) == status
    printed = capsys.readouterr()
    assert printed.out == ""
    assert complaint in printed.err


def test_config_answers_for_a_resource_as_the_cluster_holds_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    live = yaml.safe_load(HEALTHY)
    live["metadata"] |= {"namespace": "team", "uid": "u", "generation": 3, "finalizers": ["f"], "managedFields": [{"manager": "m"}]}
    live["status"] = {"phase": "Running", "conditions": [{"type": "Ready", "status": "True"}]}
    monkeypatch.setattr(sys, "stdin", io.StringIO(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": [live]})))

    assert main(["config", "-"]) == 0
    printed = capsys.readouterr()
    assert printed.out.startswith("# FlinkDeployment/job in the namespace team\n")
    assert printed.err == ""


def flinkop(*arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flinkop", *arguments]
    return subprocess.run(command, env={**os.environ, **environment}, input=given, capture_output=True, text=True, timeout=30, check=False)


def test_run_refuses_a_wrong_configuration_in_one_line(tmp_path: Path) -> None:
    a_file(tmp_path, "kubernetes.operator.reconcile.interval: soon", "config.yaml")

    result = flinkop("run", "--config-dir", str(tmp_path))

    assert (result.returncode, result.stdout) == (2, "")
    line = json.loads(result.stderr)
    assert (line["level"], line["event"]) == ("error", "configuration cannot be used")
    assert line["problem"].startswith("kubernetes.operator.reconcile.interval: ")


def test_run_says_why_it_cannot_start() -> None:
    result = flinkop("run", KUBERNETES_SERVICE_HOST="127.0.0.1", KUBECONFIG="")

    assert (result.returncode, result.stdout) == (1, "")
    line = json.loads(result.stderr)
    assert line["event"] == "operator ended"
    assert "service account" in line["problem"]


def test_what_a_command_does_not_need_is_not_imported() -> None:
    forbidden = "{'aiohttp', 'kubernetes_asyncio', 'pydantic', 'structlog', 'asyncio'}"
    program = f"import sys; from flinkop.cli import main; main(['version']); print(sorted({forbidden} & sys.modules.keys()))"

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert result.stdout.splitlines() == [__version__, "[]"]
