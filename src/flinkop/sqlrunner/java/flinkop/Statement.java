package flinkop;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** One statement: its text without the semicolon, and where it is: number and line count from 1. */
final class Statement {
    private static final int LONGEST_SHOWN = 80;

    final int number;
    final int line;
    final String text;

    Statement(int number, int line, String text) {
        this.number = number;
        this.line = line;
        this.text = text;
    }

    /** Its first words in upper case, at most {@code most}; fewer when something else stands between them. */
    List<String> words(int most) {
        List<String> found = new ArrayList<>();
        Scanner scanner = new Scanner(text);
        while (found.size() < most && scanner.next() != Scanner.Kind.END) {
            if (scanner.kind() == Scanner.Kind.WORD) {
                found.add(scanner.token().toUpperCase(Locale.ROOT));
            } else if (scanner.isTelling()) {
                break;
            }
        }
        return found;
    }

    boolean begins(String... words) {
        return words(words.length).equals(List.of(words));
    }

    /** The same statement without its first {@code count} words. */
    Statement without(int count) {
        Scanner scanner = new Scanner(text);
        for (int left = count; left > 0 && scanner.next() != Scanner.Kind.END;) {
            left -= scanner.kind() == Scanner.Kind.WORD ? 1 : 0;
        }
        String rest = text.substring(scanner.end());
        return new Statement(number, line, rest.stripLeading());
    }

    /** How it is named to people: no string is shown, since it may be a password. */
    String name() {
        StringBuilder shown = new StringBuilder();
        Scanner scanner = new Scanner(text);
        while (scanner.next() != Scanner.Kind.END && shown.length() <= LONGEST_SHOWN) {
            if (scanner.kind() == Scanner.Kind.STRING) {
                shown.append("'...'");
            } else if (scanner.token().equals("\n") && !shown.toString().isBlank()) {
                break;
            } else if (scanner.kind() != Scanner.Kind.COMMENT) {
                shown.append(scanner.token());
            }
        }
        String line = shown.toString().strip();
        String cut = line.length() > LONGEST_SHOWN ? line.substring(0, LONGEST_SHOWN) + "..." : line;
        return "statement " + number + " in line " + this.line + " (" + cut + ")";
    }
}
