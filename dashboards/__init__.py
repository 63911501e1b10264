"""What is shipped for other programs: alert rules with their tests and runbooks, dashboards, and kits to start from."""
