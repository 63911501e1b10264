"""What `comfymeter serve` and `comfymeter demo` do; the command line itself is `analyzer.cli`."""
