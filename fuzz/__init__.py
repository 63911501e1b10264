"""Coverage-guided fuzzing of everything that reads other people's data; see docs/fuzzing.md."""
