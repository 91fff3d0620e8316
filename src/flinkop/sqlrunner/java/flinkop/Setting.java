package flinkop;

/** An option that {@code SET 'key' = 'value'} sets. */
final class Setting {
    final String key;
    final String value;

    private Setting(String key, String value) {
        this.key = key;
        this.value = value;
    }

    /** Quotes may be left out, as in Flink's own client. */
    static Setting read(Statement statement) {
        String text = statement.without(1).text;
        Scanner scanner = new Scanner(text);
        while (scanner.next() != Scanner.Kind.END) {
            if (scanner.is('=')) {
                String key = Strings.unquoted(text.substring(0, scanner.start()).strip());
                return new Setting(key, Strings.unquoted(text.substring(scanner.end()).strip()));
            }
        }
        throw SqlFailed.at(statement, "sets nothing; write SET 'key' = 'value'");
    }
}
