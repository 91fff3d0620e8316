package org.apache.flink.api.common;

public enum RuntimeExecutionMode {
    STREAMING,
    BATCH,
    AUTOMATIC
}
