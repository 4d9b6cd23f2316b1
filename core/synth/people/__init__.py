"""Who stands in a shot: bodies, clothes, hair and how they move."""
