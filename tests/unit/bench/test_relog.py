"""The operator's log, written once more."""

from __future__ import annotations

import json

from structlog.testing import capture_logs
from tests.bench.relog import measure_cpu, read, write

LINE = {"timestamp": "2025-11-30T00:00:00Z", "level": "warning", "event": "decision", "name": "orders", "actions": ["Create"]}


def test_a_line_is_said_again_as_it_was() -> None:
    with capture_logs() as said:
        write(read([json.dumps(LINE)]))

    assert said == [{"event": "decision", "log_level": "warning", "name": "orders", "actions": ["Create"]}]


def test_what_is_no_line_of_the_operator_is_left_out() -> None:
    assert list(read(["Traceback:", "5", "{}", '{"event": "x"}', json.dumps(LINE)])) == [LINE]


def test_more_lines_cost_more() -> None:
    log = json.dumps(LINE) + "\n"
    few, many = measure_cpu(log * 10), measure_cpu(log * 2000)

    assert (few[0], many[0]) == (10, 2000)
    assert 0 < few[1] < many[1]
