"""`comfymeter record`: runs the server, or reads a pipe, and writes down what arrives with the time at which it does.

Pure: `format`, `framing`, `thinning`, `scribe`. Files: `rolling`, `log`. The machine: `child`, `terminal`, `pump`, `outlet`,
`forwarding`, `ending`, `vram`. `session` (a program) and `piped` (a pipe) put them together.
"""
