"""The benchmark's sets of clips: filmed ones, real footage, and any user's folder."""
