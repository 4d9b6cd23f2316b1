"""What an artist asks for: frames, rates, patterns and the shot document. No pixels."""
