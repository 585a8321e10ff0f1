"""What leaves camscan for people and programs: one file a format, and the file that keeps the evidence."""
