package org.apache.flink.configuration;

import java.util.Map;

public class Configuration {
    public static Configuration fromMap(Map<String, String> map) {
        throw new AssertionError();
    }
}
