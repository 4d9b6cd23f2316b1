"""The wire: `studio.proto`, the code generated from it, and the client."""
