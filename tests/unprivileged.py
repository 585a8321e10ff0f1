"""How tests give up privilege in a child process: every capability goes, the user stays, so that files stay within reach."""

WITHOUT_CAPABILITIES = (
    "setpriv",
    "--bounding-set=-all",
    "--inh-caps=-all",
    "--ambient-caps=-all",
    "--securebits=+noroot",
    "--no-new-privs",
)
"""Words to put before a command; they need root, or nothing to give up."""
