"""Coverage-guided fuzzing of everything that reads bytes of devices and of files."""
