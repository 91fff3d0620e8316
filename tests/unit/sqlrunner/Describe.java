package flinkop;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/**
 * Reads scripts from standard input, with NUL between them, and writes what the runner makes of each: fields and steps with controls between.
 * Of one with an error behind it, what is shown of that.
 */
final class Describe {
    private Describe() {}

    public static void main(String[] arguments) throws IOException {
        String all = new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
        StringBuilder found = new StringBuilder();
        for (String script : all.split("\0", -1)) {
            found.append(found.length() == 0 ? "" : "\0").append(describe(script));
        }
        System.out.write(found.toString().getBytes(StandardCharsets.UTF_8));
        System.out.flush();
    }

    private static String describe(String script) {
        String[] parts = script.split("\2", -1);
        if (parts.length > 1) {
            return new Redaction(Splitter.split(parts[0])).hide(parts[1]);
        }
        StringBuilder found = new StringBuilder();
        try {
            for (Script.Step step : Script.read(script)) {
                Statement statement = step.statement;
                String text = statement.text;
                if (step.role == Script.Role.SET) {
                    Setting setting = Setting.read(statement);
                    text = setting.key + "=" + setting.value;
                }
                found.append(found.length() == 0 ? "" : "\1").append(step.role + " " + statement.number + " " + statement.line + " " + text);
            }
            return found.toString();
        } catch (SqlFailed failed) {
            return "error: " + new Redaction(Splitter.split(script)).hide(failed.getMessage());
        }
    }
}
