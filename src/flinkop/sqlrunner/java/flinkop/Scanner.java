package flinkop;

/**
 * Walks over the tokens of SQL as Flink's own parser cuts them: what is in quotes or in a comment is one of them. A hint, {@code /*+ ... }, is
 * not a comment: it holds tokens like any other text.
 */
final class Scanner {
    enum Kind { WORD, STRING, IDENTIFIER, COMMENT, BLANK, OTHER, END }

    private final String text;
    private int start;
    private int end;
    private Kind kind = Kind.BLANK;

    Scanner(String text) {
        this.text = text;
    }

    /** Goes to the next token and gives its kind; {@code END} after the last one. A quote that is never closed reaches to the end. */
    Kind next() {
        start = end;
        if (start >= text.length()) {
            return kind = Kind.END;
        }
        char first = text.charAt(start);
        if (opensLineComment()) {
            end = endOfLine();
            return kind = Kind.COMMENT;
        }
        if (text.startsWith("/*", start) && !text.startsWith("/*+", start)) {
            end = after("*/", start + 2);
            return kind = Kind.COMMENT;
        }
        if (first == '\'' || first == '`') {
            end = afterQuote(first, false);
            return kind = first == '`' ? Kind.IDENTIFIER : Kind.STRING;
        }
        if ((first == 'E' || first == 'e') && text.startsWith("'", start + 1)) {
            start++;
            end = afterQuote('\'', true);
            start--;
            return kind = Kind.STRING;
        }
        if (Character.isJavaIdentifierStart(first)) {
            end = afterWord();
            return kind = Kind.WORD;
        }
        end = start + 1;
        return kind = Character.isWhitespace(first) ? Kind.BLANK : Kind.OTHER;
    }

    Kind kind() {
        return kind;
    }

    int start() {
        return start;
    }

    int end() {
        return end;
    }

    String token() {
        return text.substring(start, end);
    }

    /** Whether the token is this one character, outside of quotes and comments. */
    boolean is(char symbol) {
        return kind == Kind.OTHER && text.charAt(start) == symbol;
    }

    /** Whether the token says something. */
    boolean isTelling() {
        return kind != Kind.BLANK && kind != Kind.COMMENT && kind != Kind.END;
    }

    private boolean opensLineComment() {
        return text.startsWith("--", start) || text.startsWith("//", start);
    }

    private int endOfLine() {
        int at = start;
        while (at < text.length() && text.charAt(at) != '\n' && text.charAt(at) != '\r') {
            at++;
        }
        return at;
    }

    private int after(String mark, int from) {
        int at = text.indexOf(mark, from);
        return at < 0 ? text.length() : at + mark.length();
    }

    /** A quote within quotes is written twice, or after a backslash in the strings that begin with E. */
    private int afterQuote(char quote, boolean backslashes) {
        for (int at = start + 1; at < text.length(); at++) {
            if (backslashes && text.charAt(at) == '\\') {
                at++;
            } else if (text.charAt(at) == quote) {
                if (!text.startsWith(String.valueOf(quote), at + 1)) {
                    return at + 1;
                }
                at++;
            }
        }
        return text.length();
    }

    private int afterWord() {
        int at = start;
        while (at < text.length() && Character.isJavaIdentifierPart(text.charAt(at))) {
            at++;
        }
        return at;
    }
}
