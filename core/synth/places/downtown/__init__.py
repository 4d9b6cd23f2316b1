"""A modern street at night, in the rain's shine."""
