"""What `comfymeter serve`, `demo` and `watch` do; the command line itself is `analyzer.cli`."""
