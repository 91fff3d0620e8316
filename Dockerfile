# The operator's image. BASE: any Debian-like image with Python 3.11 at /usr/bin/python3 or /usr/local/bin/python3.
ARG BASE=docker.io/library/python:3.11-slim

FROM ${BASE} AS programs
RUN apt-get update -qq && apt-get install -qq --yes --no-install-recommends default-jdk-headless > /dev/null
COPY src/flinkop/sqlrunner /build
RUN /build/build.sh /build/sql-runner.jar

FROM ${BASE} AS build
COPY requirements/run.txt /build/run.txt
RUN python3 -m venv /opt/flinkop \
 && /opt/flinkop/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r /build/run.txt \
 && /opt/flinkop/bin/pip uninstall --yes --quiet pip setuptools
COPY src/flinkop /build/flinkop
# compiled here, since the running container cannot write: without it every start compiles again; the command is for kubectl exec
RUN cp -r /build/flinkop /opt/flinkop/lib/python3.11/site-packages/ \
 && rm -r /opt/flinkop/lib/python3.11/site-packages/flinkop/sqlrunner \
 && python3 -m compileall -q -j 0 /opt/flinkop/lib \
 && printf '#!/bin/sh\nexec python -m flinkop "$@"\n' > /opt/flinkop/bin/flinkop \
 && chmod 755 /opt/flinkop/bin/flinkop

FROM ${BASE}
COPY --from=build /opt/flinkop /opt/flinkop
# what the operator uploads to session clusters, and applications copy, for SQL
COPY --from=programs /build/sql-runner.jar /opt/flinkop/share/flinkop/sql-runner.jar
# two malloc arenas instead of sixteen: one thread does nearly all the work, the others would only fragment memory
ENV PATH=/opt/flinkop/bin:$PATH PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 MALLOC_ARENA_MAX=2
USER 9999:9999
ENTRYPOINT ["python", "-m", "flinkop"]
CMD ["run"]
