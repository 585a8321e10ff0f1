"""The command line: parse, call, show. One command a file."""
