"""The measures: each a small class that takes one frame at a time and says what it found at the end."""
