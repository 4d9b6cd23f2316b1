"""A bright gallery with pictures, sculptures and a polished floor."""
