package flinkop;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/** Takes the secrets of statements out of what is said about them: the values of options, and of what is in URLs, whose names speak of secrets. */
final class Redaction {
    private static final String HIDDEN = "******";

    // the names that Flink hides in its own configuration, and a few that connectors have
    private static final List<String> SPEAKING = List.of(
            "password", "secret", "token", "apikey", "api-key", "api.key", "access-key", "access.key", "account.key", "auth", "credential",
            "jaas", "header", "service-key", "private-key");
    private static final Pattern USER_OF_URL = Pattern.compile("://(?:[^/@\\s]+@)+");
    private static final Pattern PAIR = Pattern.compile("(?i)((?<![\\w.-])[\\w.-]*(?:" + String.join("|", SPEAKING) + ")[\\w.-]*=)[^&;\\s'\"]+");

    private final Set<String> secrets = new HashSet<>();

    Redaction(List<Statement> statements) {
        statements.forEach(this::learn);
    }

    String hide(String text) {
        if (text == null) {
            return "";
        }
        String shown = USER_OF_URL.matcher(text).replaceAll("://" + HIDDEN + "@");
        shown = PAIR.matcher(shown).replaceAll("$1" + HIDDEN);
        for (String secret : secrets) {
            shown = shown.replace(secret, HIDDEN);
        }
        return shown;
    }

    /** Remembers the second string of each {@code 'name' = 'value'}. */
    private void learn(Statement statement) {
        String name = "";
        Scanner scanner = new Scanner(statement.text);
        while (scanner.next() != Scanner.Kind.END) {
            if (scanner.kind() == Scanner.Kind.STRING) {
                String value = Strings.unquoted(scanner.token());
                if (isSecret(name) && !value.isEmpty()) {
                    secrets.add(value);
                }
                name = value;
            } else if (scanner.isTelling() && !scanner.is('=')) {
                name = "";
            }
        }
    }

    private static boolean isSecret(String name) {
        String lower = name.toLowerCase(Locale.ROOT);
        return SPEAKING.stream().anyMatch(lower::contains);
    }
}
