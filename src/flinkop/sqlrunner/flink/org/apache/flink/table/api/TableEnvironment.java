package org.apache.flink.table.api;

public interface TableEnvironment {
    static TableEnvironment create(EnvironmentSettings settings) {
        throw new AssertionError();
    }

    TableConfig getConfig();

    TableResult executeSql(String statement);

    StatementSet createStatementSet();
}
