"""What is shown: read at the size that is needed, kept within a limit of memory, converted for a display."""
