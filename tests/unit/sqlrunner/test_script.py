"""What the runner makes of SQL, before Flink sees it. One Java process reads all scripts."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.cluster import programs

INSERT = "INSERT INTO a SELECT 1"


@dataclass(frozen=True)
class Case:
    """A script, and the steps: role, number and line of the statement, and its text."""

    name: str
    script: str
    steps: tuple[str, ...]


@dataclass(frozen=True)
class Wrong:
    """A script that cannot be one job, and what is said of it."""

    name: str
    script: str
    error: str


CASES = (
    Case("one statement", INSERT, (f"INSERT 1 1 {INSERT}",)),
    Case("a semicolon at the end, and blanks", f"\n  {INSERT} ;\n\n", (f"INSERT 1 2 {INSERT}",)),
    Case("empty statements are none", f";;\n;{INSERT};;", (f"INSERT 1 2 {INSERT}",)),
    Case("two", f"USE x;\n{INSERT}", ("RUN 1 1 USE x", f"INSERT 2 2 {INSERT}")),
    Case("a semicolon in a string", "INSERT INTO a SELECT ';'", ("INSERT 1 1 INSERT INTO a SELECT ';'",)),
    Case(
        "a quote in a string", "INSERT INTO a SELECT 'it''s; so'; USE x", ("INSERT 1 1 INSERT INTO a SELECT 'it''s; so'", "RUN 2 1 USE x")
    ),
    Case("a backslash ends no string", r"INSERT INTO a SELECT '\'; USE x", (r"INSERT 1 1 INSERT INTO a SELECT '\'", "RUN 2 1 USE x")),
    Case(
        "but in those with E it does", r"INSERT INTO a SELECT E'\';'; USE x", (r"INSERT 1 1 INSERT INTO a SELECT E'\';'", "RUN 2 1 USE x")
    ),
    Case("a semicolon in a name", "INSERT INTO `a;``b` SELECT 1", ("INSERT 1 1 INSERT INTO `a;``b` SELECT 1",)),
    Case("line comments", f"-- a; b\n// c; d\n{INSERT} -- e;", (f"INSERT 1 3 {INSERT} -- e;",)),
    Case("a quote in a comment", f"-- it's\n{INSERT}; USE x", (f"INSERT 1 2 {INSERT}", "RUN 2 2 USE x")),
    Case("a block comment", f"/* a; ' \n */ {INSERT}", (f"INSERT 1 2 {INSERT}",)),
    Case("comments only", f"-- a\n;/* b */;{INSERT}", (f"INSERT 1 2 {INSERT}",)),
    Case(
        "a hint is no comment",
        "INSERT INTO a SELECT 1 FROM b /*+ OPTIONS('x'='*/;') */; USE x",
        ("INSERT 1 1 INSERT INTO a SELECT 1 FROM b /*+ OPTIONS('x'='*/;') */", "RUN 2 1 USE x"),
    ),
    Case("an address in a string", "INSERT INTO a SELECT 'http://x;y'", ("INSERT 1 1 INSERT INTO a SELECT 'http://x;y'",)),
    Case("division is no comment", "INSERT INTO a SELECT 4 / 2 - 1", ("INSERT 1 1 INSERT INTO a SELECT 4 / 2 - 1",)),
    Case("lower case", "insert overwrite a select 1", ("INSERT 1 1 insert overwrite a select 1",)),
    Case("a setting", f"SET 'a.b' = 'it''s; c';{INSERT}", ("SET 1 1 a.b=it's; c", f"INSERT 2 1 {INSERT}")),
    Case("a setting without quotes", f"SET a.b-c=1 s ;{INSERT}", ("SET 1 1 a.b-c=1 s", f"INSERT 2 1 {INSERT}")),
    Case("a setting with =", f"SET 'a' = 'b=c';{INSERT}", ("SET 1 1 a=b=c", f"INSERT 2 1 {INSERT}")),
    Case(
        "a statement set",
        f"BEGIN STATEMENT SET;\n{INSERT};\n{INSERT};\nEND;",
        (f"INSERT 2 2 {INSERT}", f"INSERT 3 3 {INSERT}"),
    ),
    Case(
        "the other way to write one",
        f"EXECUTE /* x */ STATEMENT SET BEGIN\n{INSERT};\n{INSERT};\nEND",
        (f"INSERT 1 1 {INSERT}", f"INSERT 2 3 {INSERT}"),
    ),
    Case("INSERTs without a set are one all the same", f"{INSERT};{INSERT}", (f"INSERT 1 1 {INSERT}", f"INSERT 2 1 {INSERT}")),
    Case("EXECUTE INSERT", f"EXECUTE {INSERT}", (f"INSERT 1 1 {INSERT}",)),
    Case(
        "the END of a CASE ends nothing",
        "INSERT INTO a SELECT CASE WHEN x THEN 1 END;",
        ("INSERT 1 1 INSERT INTO a SELECT CASE WHEN x THEN 1 END",),
    ),
    Case("a table made of a query", "CREATE TABLE a WITH ('b'='c') AS SELECT 1", ("JOB 1 1 CREATE TABLE a WITH ('b'='c') AS SELECT 1",)),
    Case(
        "a computed column is none",
        f"CREATE TABLE a (b AS (SELECT 1), c AS d);{INSERT}",
        ("RUN 1 1 CREATE TABLE a (b AS (SELECT 1), c AS d)", f"INSERT 2 1 {INSERT}"),
    ),
    Case("a view is none", f"CREATE VIEW a AS SELECT 1;{INSERT}", ("RUN 1 1 CREATE VIEW a AS SELECT 1", f"INSERT 2 1 {INSERT}")),
    Case("a plan", "EXECUTE PLAN '/a.json'", ("JOB 1 1 EXECUTE PLAN '/a.json'",)),
    Case("other letters", "INSERT INTO ä SELECT 'ü;'", ("INSERT 1 1 INSERT INTO ä SELECT 'ü;'",)),
)

WRONG = (
    Wrong("nothing", "-- a", "no statement makes a job; write INSERT INTO ... SELECT ..."),
    Wrong("only definitions", "USE a;", "no statement makes a job; write INSERT INTO ... SELECT ..."),
    Wrong("a query", f"{INSERT};\nSELECT 1 FROM b", "statement 2 in line 2 (SELECT 1 FROM b): is a query, whose result nobody would see"),
    Wrong("a query in brackets", "(SELECT 1)", "statement 1 in line 1 ((SELECT 1)): is a query"),
    Wrong(
        "two jobs", f"{INSERT};\nDELETE FROM a", "statement 2 in line 2 (DELETE FROM a): would be another job beside statement 1 in line 1"
    ),
    Wrong("an end of nothing", f"{INSERT};END", "statement 2 in line 1 (END): ends a statement set that nothing begins"),
    Wrong("a set without end", f"BEGIN STATEMENT SET;{INSERT}", "statement 1 in line 1 (BEGIN STATEMENT SET): begins a statement set"),
    Wrong("a set in a set", "BEGIN STATEMENT SET;BEGIN STATEMENT SET", "statement 2 in line 1 (BEGIN STATEMENT SET): begins"),
    Wrong("a definition in a set", "BEGIN STATEMENT SET;USE a;END", "statement 2 in line 1 (USE a): is in a statement set"),
    Wrong("an empty setting", f"SET;{INSERT}", "statement 1 in line 1 (SET): sets nothing; write SET 'key' = 'value'"),
    Wrong("RESET", "RESET 'a';", "statement 1 in line 1 (RESET '...'): is not supported"),
    Wrong("no string is shown", "SELECT 'hunter2' FROM a", "statement 1 in line 1 (SELECT '...' FROM a): is a query"),
    Wrong("the first line only", "SELECT 1\nFROM a", "statement 1 in line 1 (SELECT 1): is a query"),
    Wrong("a long line is cut", f"SELECT {'x' * 200}", f"statement 1 in line 1 (SELECT {'x' * 73}...): is a query"),
)


@dataclass(frozen=True)
class Failing:
    """A script, and what Flink says of it: the secret is hidden in that, and nothing else."""

    name: str
    script: str
    error: str

    @property
    def both(self) -> str:
        """The script with the error behind it."""
        return f"{self.script}\2{self.error}"


FAILING = (
    Failing("an option", "CREATE TABLE a WITH ('password' = 'hunter2')", "Login with 'hunter2' failed"),
    Failing("a setting", "SET 's3.secret-key' = 'hunter2'", "hunter2: signature does not match"),
    Failing("a user in a URL", "USE a", "Cannot read https://me:hunter2@host/x"),
    Failing("with an @ in it", "USE a", "Cannot read https://me:it@is@hunter2@host/x"),
    Failing("the query of a URL", "USE a", "Cannot connect to jdbc:mysql://db/x?user=me&password=hunter2&ssl=true"),
    Failing("a property", "USE a", "Cannot connect to jdbc:sqlserver://db;Password=hunter2;encrypt=true"),
)


@pytest.fixture(scope="module")
def described() -> dict[str, str]:
    """What the runner says of each script."""
    class_path = programs.build_with(Path(__file__).with_name("Describe.java"))
    scripts = [*(case.script for case in (*CASES, *WRONG)), *(case.both for case in FAILING)]
    command = ["java", "-XX:TieredStopAtLevel=1", "-Xshare:auto", "-Dfile.encoding=UTF-8", "-cp", class_path, "flinkop.Describe"]
    result = subprocess.run(command, input="\0".join(scripts).encode(), capture_output=True, check=True)
    return dict(zip(scripts, result.stdout.decode().split("\0"), strict=True))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_script_becomes_steps(case: Case, described: dict[str, str]) -> None:
    assert tuple(described[case.script].split("\1")) == case.steps


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_what_cannot_be_one_job_is_told_with_its_statement(case: Wrong, described: dict[str, str]) -> None:
    assert described[case.script].startswith(f"error: {case.error}")


@pytest.mark.parametrize("case", FAILING, ids=lambda case: case.name)
def test_no_secret_of_a_statement_is_in_what_is_said_of_its_failure(case: Failing, described: dict[str, str]) -> None:
    shown = described[case.both]
    assert "hunter2" not in shown
    assert "******" in shown
    for harmless in ("Login with", "signature does not match", "host/x", "user=me", "ssl=true", "encrypt=true"):
        assert (harmless in shown) is (harmless in case.error)
