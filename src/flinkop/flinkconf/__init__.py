"""Flink's configuration: value grammars, file syntaxes, and the options that the operator reads."""
