"""Rules that a resource has to keep. The same functions serve the controllers, `flinkop validate` and, later, a webhook."""
