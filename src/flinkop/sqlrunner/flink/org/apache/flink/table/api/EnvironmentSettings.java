package org.apache.flink.table.api;

import org.apache.flink.configuration.Configuration;

public class EnvironmentSettings {
    public static Builder newInstance() {
        throw new AssertionError();
    }

    public static class Builder {
        public Builder withConfiguration(Configuration configuration) {
            throw new AssertionError();
        }

        public EnvironmentSettings build() {
            throw new AssertionError();
        }
    }
}
