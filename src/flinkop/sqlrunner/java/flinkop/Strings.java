package flinkop;

/** Strings as SQL writes them. */
final class Strings {
    private Strings() {}

    /** The content of a string in single quotes; any other text as it is. */
    static String unquoted(String token) {
        boolean isQuoted = token.length() > 1 && token.startsWith("'") && token.endsWith("'");
        return isQuoted ? token.substring(1, token.length() - 1).replace("''", "'") : token;
    }
}
