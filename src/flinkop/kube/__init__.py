"""Access to the Kubernetes API: raw JSON over one HTTP session; foreign exceptions end here."""
