"""What the audit log tells about who asked for what."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

from tests.cluster import audit
from tests.cluster.audit import Request
from tests.cluster.pki import ADMIN


def an_entry(agent: str = "flinkop/pod", verb: str = "update", **changes: Any) -> dict[str, Any]:
    target = {"resource": "flinkdeployments", "subresource": "status"}
    entry = {"verb": verb, "userAgent": agent, "objectRef": target, "user": {"username": "sa"}, "responseStatus": {"code": 200}}
    return {**entry, **changes}


def a_log(path: Path, *entries: dict[str, Any], cut: str = "") -> Path:
    with path.open("a") as file:
        file.writelines(json.dumps(entry) + "\n" for entry in entries)
        file.write(cut)
    return path


def test_a_request_names_its_resource_with_the_subresource(tmp_path: Path) -> None:
    log = a_log(tmp_path / "log", an_entry(), an_entry(verb="create", objectRef={"resource": "deployments"}))
    assert list(audit.read(log)) == [
        Request("sa", "flinkop/pod", "update", "flinkdeployments/status", 200),
        Request("sa", "flinkop/pod", "create", "deployments", 200),
    ]


def test_what_has_no_object_or_no_answer_is_a_request_too(tmp_path: Path) -> None:
    log = a_log(tmp_path / "log", {"verb": "get", "userAgent": "curl"})
    assert list(audit.read(log)) == [Request("None", "curl", "get", "", 0)]


def test_a_line_that_is_still_being_written_is_left_for_the_next_time(tmp_path: Path) -> None:
    log = a_log(tmp_path / "log", an_entry(), cut='{"verb": "cre')
    assert len(list(audit.read(log))) == 1


def test_only_what_came_after_the_offset_is_read(tmp_path: Path) -> None:
    log = a_log(tmp_path / "log", an_entry(verb="create"))
    offset = log.stat().st_size
    a_log(log, an_entry(verb="delete"))
    assert [request.verb for request in audit.read(log, offset)] == ["delete"]


def test_a_log_that_is_not_there_yet_holds_nothing(tmp_path: Path) -> None:
    assert list(audit.read(tmp_path / "log")) == []


def test_requests_are_counted_by_verb_and_resource_for_one_agent(tmp_path: Path) -> None:
    entries = [an_entry(), an_entry(), an_entry(verb="patch"), an_entry(agent="kubectl"), an_entry(agent="flinkop/other")]
    log = a_log(tmp_path / "log", *entries)
    expected = Counter({("update", "flinkdeployments/status"): 3, ("patch", "flinkdeployments/status"): 1})
    assert audit.count(audit.read(log), "flinkop") == expected


def test_the_policy_leaves_the_administrator_out_and_keeps_no_bodies(tmp_path: Path) -> None:
    policy = json.loads(audit.write_policy(tmp_path / "policy").read_text())
    assert policy["rules"][0] == {"level": "None", "users": [ADMIN, "system:apiserver"]}
    assert [rule["level"] for rule in policy["rules"]] == ["None", "Metadata"]
