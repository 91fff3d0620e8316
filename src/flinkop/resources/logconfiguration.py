"""The log configuration of clusters that bring none: everything to the console, where `kubectl logs` and collectors find it."""

from __future__ import annotations

from collections.abc import Mapping

_LOG4J = """\
status = warn
rootLogger.level = INFO
rootLogger.appenderRef.console.ref = Console

logger.akka.name = akka
logger.akka.level = WARN
logger.pekko.name = org.apache.pekko
logger.pekko.level = WARN
logger.kafka.name = org.apache.kafka
logger.kafka.level = INFO
logger.hadoop.name = org.apache.hadoop
logger.hadoop.level = INFO
logger.zookeeper.name = org.apache.zookeeper
logger.zookeeper.level = INFO
logger.netty.name = org.jboss.netty.channel.DefaultChannelPipeline
logger.netty.level = OFF

appender.console.name = Console
appender.console.type = Console
appender.console.layout.type = PatternLayout
"""

_TEXT = """\
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-60c %x - %m%n
"""

# Not Log4j's JSON layouts: the libraries that they need are in the images of Flink 2 only.
_FIELDS = {
    "timestamp": "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX}",
    "level": "%p",
    "logger": "%enc{%c}{JSON}",
    "thread": "%enc{%t}{JSON}",
    "message": "%enc{%m}{JSON}",
    "exception": "%enc{%throwable}{JSON}",
}
_JSON = f"""\
appender.console.layout.alwaysWriteExceptions = false
appender.console.layout.pattern = {{{",".join(f'"{name}":"{pattern}"' for name, pattern in _FIELDS.items())}}}%n
"""

LOGBACK_CONSOLE = """\
<configuration>
  <appender name="console" class="ch.qos.logback.core.ConsoleAppender">
    <encoder>
      <pattern>%d{yyyy-MM-dd HH:mm:ss.SSS} [%thread] %-5level %logger{60} %X{sourceThread} - %msg%n</pattern>
    </encoder>
  </appender>
  <root level="INFO">
    <appender-ref ref="console"/>
  </root>
  <logger name="akka" level="WARN"/>
  <logger name="org.apache.pekko" level="WARN"/>
</configuration>
"""

DEFAULTS = {"log4j-console.properties": _LOG4J + _TEXT, "logback-console.xml": LOGBACK_CONSOLE}

JSON = {**DEFAULTS, "log4j-console.properties": _LOG4J + _JSON}
"""The same with one JSON object a line, stack traces included."""


def log_files_in(json: bool) -> Mapping[str, str]:
    """The log configuration of a cluster that brings none of its own."""
    return JSON if json else DEFAULTS
