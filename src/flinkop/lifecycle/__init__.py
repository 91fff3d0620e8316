"""The life of a Flink cluster as pure functions: what was recorded, what is observed and what is desired give one decision."""
