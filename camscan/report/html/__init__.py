"""The HTML report: one file without any load, readable without script; its template, style and script lie beside."""
