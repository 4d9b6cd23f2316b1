"""The same scenes drawn by torch, a whole clip at once: on a GPU where there is one. The only part that needs torch."""
