"""The jars of session jobs: where they come from, what may be fetched, the files kept, and their way to a JobManager."""
