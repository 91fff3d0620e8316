package flinkop;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.flink.api.common.RuntimeExecutionMode;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ExecutionOptions;
import org.apache.flink.table.api.EnvironmentSettings;
import org.apache.flink.table.api.StatementSet;
import org.apache.flink.table.api.TableEnvironment;

/** Runs SQL as one Flink job: {@code --statements-base64 TEXT}. Statements that define are run one by one, then all INSERTs at once. */
public final class SqlRunner {
    private static final String ARGUMENT = "--statements-base64";

    private final Redaction redaction;
    private final Map<String, String> settings = new HashMap<>();
    private final List<Statement> inserts = new ArrayList<>();
    private TableEnvironment environment;
    private StatementSet set;

    private SqlRunner(Redaction redaction) {
        this.redaction = redaction;
    }

    public static void main(String[] arguments) {
        if (arguments.length < 2 || !arguments[0].equals(ARGUMENT)) {
            throw new SqlFailed("wrong arguments; write " + ARGUMENT + " and the statements in base64");
        }
        String text = new String(Base64.getDecoder().decode(arguments[1]), StandardCharsets.UTF_8);
        SqlRunner runner = new SqlRunner(new Redaction(Splitter.split(text)));
        Script.read(text).forEach(runner::perform);
        runner.start();
    }

    private void perform(Script.Step step) {
        Statement statement = step.statement;
        try {
            if (step.role == Script.Role.SET) {
                set(Setting.read(statement));
            } else if (step.role == Script.Role.INSERT) {
                insert(statement);
            } else {
                environment().executeSql(statement.text);
            }
        } catch (SqlFailed failed) {
            throw failed;
        } catch (RuntimeException | LinkageError thrown) {
            throw SqlFailed.of(statement.name(), thrown, redaction);
        }
    }

    /** What is set before the first other statement also counts where the environment is made: batch or streaming. */
    private void set(Setting setting) {
        if (environment == null) {
            settings.put(setting.key, setting.value);
        } else {
            environment.getConfig().set(setting.key, setting.value);
        }
    }

    private void insert(Statement statement) {
        set = set == null ? environment().createStatementSet() : set;
        set.addInsertSql(statement.text);
        inserts.add(statement);
    }

    private void start() {
        if (set == null) {
            return;
        }
        String what = inserts.size() == 1 ? inserts.get(0).name() : inserts.size() + " INSERTs from " + inserts.get(0).name() + " on";
        try {
            set.execute();
        } catch (RuntimeException | LinkageError thrown) {
            throw SqlFailed.of(what, thrown, redaction);
        }
    }

    private TableEnvironment environment() {
        environment = environment == null ? create() : environment;
        return environment;
    }

    /** An environment is for batch or for streaming from its beginning: the cluster's configuration tells it to the first that is made. */
    private TableEnvironment create() {
        TableEnvironment first = create(settings);
        RuntimeExecutionMode mode = first.getConfig().get(ExecutionOptions.RUNTIME_MODE);
        if (settings.containsKey("execution.runtime-mode") || mode == RuntimeExecutionMode.STREAMING) {
            return first;
        }
        settings.put("execution.runtime-mode", mode.name());
        return create(settings);
    }

    private static TableEnvironment create(Map<String, String> settings) {
        return TableEnvironment.create(EnvironmentSettings.newInstance().withConfiguration(Configuration.fromMap(settings)).build());
    }
}
