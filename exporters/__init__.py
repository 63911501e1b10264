"""Live sources and the Prometheus exporter; of `analyzer` only the commands import this package, each where it needs it."""
