"""The command line, `pai-studio ...`: the composition root. Each command imports what it needs when it runs."""
