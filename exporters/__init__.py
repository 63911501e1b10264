"""Live sources and the Prometheus exporter; `analyzer` never imports this package."""
