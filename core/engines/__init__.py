"""Several ways to fill a shot, behind one protocol (`base.Engine`)."""
