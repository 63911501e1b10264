"""The commands that watch: what `comfymeter`'s command line calls by name, since `analyzer` knows nothing of `exporters`."""
