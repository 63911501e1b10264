"""Pictures of the dashboards without a Grafana: their panels, grid, units and colours, with what a real Prometheus answers."""
