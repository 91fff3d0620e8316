package org.apache.flink.configuration;

import org.apache.flink.api.common.RuntimeExecutionMode;

public class ExecutionOptions {
    public static final ConfigOption<RuntimeExecutionMode> RUNTIME_MODE = null;
}
