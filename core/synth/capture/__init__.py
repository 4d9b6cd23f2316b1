"""What a camera, a codec and a careless hand do to a picture."""
