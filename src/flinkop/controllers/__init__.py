"""The imperative shell: one pass per key, which reads, observes, decides, records and acts."""
