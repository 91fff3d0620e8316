package flinkop;

import java.util.ArrayList;
import java.util.List;

/** Cuts a text at its semicolons into statements. Parts that hold nothing but comments are none. */
final class Splitter {
    private Splitter() {}

    static List<Statement> split(String text) {
        List<Statement> found = new ArrayList<>();
        Scanner scanner = new Scanner(text);
        int begin = -1;
        int line = 1;
        int beginLine = 1;
        do {
            scanner.next();
            boolean ends = scanner.is(';') || scanner.kind() == Scanner.Kind.END;
            if (ends && begin >= 0) {
                found.add(new Statement(found.size() + 1, beginLine, text.substring(begin, scanner.start()).strip()));
                begin = -1;
            } else if (!ends && begin < 0 && scanner.isTelling()) {
                begin = scanner.start();
                beginLine = line;
            }
            line += lines(scanner.token());
        } while (scanner.kind() != Scanner.Kind.END);
        return found;
    }

    private static int lines(String token) {
        return (int) token.chars().filter(symbol -> symbol == '\n').count();
    }
}
