package flinkop;

/** Statements that cannot be run. It has no cause: those of Flink's exceptions may repeat a password. */
final class SqlFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    SqlFailed(String message) {
        super(message);
    }

    static SqlFailed at(Statement statement, String problem) {
        return new SqlFailed(statement.name() + ": " + problem);
    }

    /** What Flink says of a statement. The whole of it, its secrets hidden, goes to standard error, which is in the JobManager's log. */
    static SqlFailed of(String what, Throwable thrown, Redaction redaction) {
        Throwable root = thrown;
        System.err.println(what + " failed:");
        for (Throwable cause = thrown; cause != null; cause = cause.getCause() == cause ? null : cause.getCause()) {
            System.err.println("  " + cause.getClass().getName() + ": " + redaction.hide(cause.getMessage()));
            root = cause;
        }
        String message = root.getMessage() == null ? root.getClass().getName() : root.getMessage();
        SqlFailed failed = new SqlFailed(what + ": " + redaction.hide(message));
        failed.setStackTrace(root.getStackTrace());
        return failed;
    }
}
