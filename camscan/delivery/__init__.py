"""Carries finished results to the servers that the operator names: by mail, to a webhook, to a syslog server. Knows no report."""
