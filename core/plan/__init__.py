"""What a shot will cost and which references serve a frame; the standard library only."""
