"""Pictures of a report as inline SVG: pure functions, a report in, text out; every number in them stands in a table too."""
