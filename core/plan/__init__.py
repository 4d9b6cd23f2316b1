"""Which references serve a frame, and how far each is trusted; the standard library only."""
