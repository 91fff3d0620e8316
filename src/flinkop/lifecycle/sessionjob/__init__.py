"""The life of a job on a session cluster: the same phases and records as that of an application, without a cluster of its own."""
