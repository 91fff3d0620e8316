package flinkop;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Statements by what is to be done with them, in their order. Whatever makes a job is one job: all INSERTs go into one set. */
final class Script {
    enum Role { SET, RUN, INSERT, JOB }

    static final class Step {
        final Role role;
        final Statement statement;

        Step(Role role, Statement statement) {
            this.role = role;
            this.statement = statement;
        }
    }

    private static final Set<String> QUERIES = Set.of("SELECT", "WITH", "VALUES", "TABLE");
    private static final Set<String> JOBS = Set.of("UPDATE", "DELETE");

    private final List<Step> steps = new ArrayList<>();
    private Statement openSet;

    private Script() {}

    /** Raises SqlFailed, which names the statement, for what no job can be made of. */
    static List<Step> read(String text) {
        Script script = new Script();
        Splitter.split(text).forEach(script::add);
        script.check();
        return script.steps;
    }

    private void add(Statement statement) {
        if (statement.begins("BEGIN", "STATEMENT", "SET")) {
            open(statement, statement.without(3));
        } else if (statement.begins("EXECUTE", "STATEMENT", "SET", "BEGIN")) {
            open(statement, statement.without(4));
        } else if (statement.begins("EXECUTE", "INSERT")) {
            add(statement.without(1));
        } else if (statement.words(2).equals(List.of("END"))) {
            close(statement);
        } else {
            addStep(new Step(roleOf(statement), statement));
        }
    }

    private void addStep(Step step) {
        if (openSet != null && step.role != Role.INSERT) {
            throw SqlFailed.at(step.statement, "is in a statement set, where only INSERT may be; move it before the BEGIN");
        }
        steps.add(step);
    }

    private void open(Statement statement, Statement rest) {
        if (openSet != null) {
            throw SqlFailed.at(statement, "begins a statement set within another; write END; before it");
        }
        openSet = statement;
        if (!rest.text.isEmpty()) {
            add(rest);
        }
    }

    private void close(Statement statement) {
        if (openSet == null) {
            throw SqlFailed.at(statement, "ends a statement set that nothing begins; remove it");
        }
        openSet = null;
    }

    private static Role roleOf(Statement statement) {
        List<String> words = statement.words(2);
        String first = words.isEmpty() ? "" : words.get(0);
        if (QUERIES.contains(first) || (words.isEmpty() && statement.text.startsWith("("))) {
            throw SqlFailed.at(statement, "is a query, whose result nobody would see; write INSERT INTO a table before it");
        }
        if (first.equals("RESET")) {
            throw SqlFailed.at(statement, "is not supported; leave out the SET that it takes back");
        }
        if (first.equals("INSERT")) {
            return Role.INSERT;
        }
        if (first.equals("SET")) {
            return Role.SET;
        }
        boolean makesJob = JOBS.contains(first) || words.equals(List.of("EXECUTE", "PLAN")) || statement.begins("COMPILE", "AND", "EXECUTE");
        return makesJob || isCreatedFromQuery(statement) ? Role.JOB : Role.RUN;
    }

    /** {@code CREATE TABLE ... AS SELECT} runs a job. */
    private static boolean isCreatedFromQuery(Statement statement) {
        if (!Set.of("CREATE", "REPLACE").contains(statement.words(1).stream().findFirst().orElse("")) || !statement.words(4).contains("TABLE")) {
            return false;
        }
        Scanner scanner = new Scanner(statement.text);
        int depth = 0;
        String last = "";
        while (scanner.next() != Scanner.Kind.END) {
            depth += scanner.is('(') ? 1 : scanner.is(')') ? -1 : 0;
            if (scanner.isTelling() && depth == 0) {
                if (last.equals("AS") && Set.of("SELECT", "WITH").contains(scanner.token().toUpperCase(java.util.Locale.ROOT))) {
                    return true;
                }
                last = scanner.token().toUpperCase(java.util.Locale.ROOT);
            }
        }
        return false;
    }

    private void check() {
        if (openSet != null) {
            throw SqlFailed.at(openSet, "begins a statement set that nothing ends; write END; after its last INSERT");
        }
        Step job = null;
        for (Step step : steps) {
            boolean together = step.role == Role.INSERT && job != null && job.role == Role.INSERT;
            if ((step.role == Role.INSERT || step.role == Role.JOB) && job != null && !together) {
                throw SqlFailed.at(step.statement, "would be another job beside " + job.statement.name() + "; make it an application of its own");
            }
            job = step.role == Role.INSERT || step.role == Role.JOB ? step : job;
        }
        if (job == null) {
            throw new SqlFailed("no statement makes a job; write INSERT INTO ... SELECT ...");
        }
    }
}
