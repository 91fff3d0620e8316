#!/bin/sh
# Builds the jar with the programs that the operator runs in Flink: build.sh FILE. Needs a JDK of 17 or later.
# Flink itself is not needed: flink/ holds the signatures that are used, the same in Flink 1.16 to 2.3. They are not packed.
set -eu
here=$(cd "$(dirname "$0")" && pwd) target=$1 scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir "$scratch/flink" "$scratch/own"
javac --release 11 -Xlint:all -Werror -d "$scratch/flink" $(find "$here/flink" -name '*.java' | sort)
javac --release 11 -Xlint:all -Werror -cp "$scratch/flink" -d "$scratch/own" "$here"/java/flinkop/*.java
jar --create --file "$target" --date 1980-01-01T12:00:00Z --main-class flinkop.SqlRunner -C "$scratch/own" .
