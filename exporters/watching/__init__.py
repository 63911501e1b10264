"""`comfymeter watch`: one server, live, on a terminal or as lines."""
