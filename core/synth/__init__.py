"""Our own renderer of screen shots with exact truth."""
