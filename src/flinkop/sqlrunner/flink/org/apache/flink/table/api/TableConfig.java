package org.apache.flink.table.api;

import org.apache.flink.configuration.ConfigOption;

public class TableConfig {
    public TableConfig set(String key, String value) {
        throw new AssertionError();
    }

    public <T> T get(ConfigOption<T> option) {
        throw new AssertionError();
    }
}
