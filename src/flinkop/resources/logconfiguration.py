"""The log configuration of clusters that bring none: everything to the console, where `kubectl logs` and collectors find it."""

from __future__ import annotations

LOG4J_CONSOLE = """\
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
appender.console.layout.pattern = %d{yyyy-MM-dd HH:mm:ss,SSS} %-5p %-60c %x - %m%n
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

DEFAULTS = {"log4j-console.properties": LOG4J_CONSOLE, "logback-console.xml": LOGBACK_CONSOLE}
