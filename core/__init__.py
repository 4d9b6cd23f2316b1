"""Everything about a shot; knows no network and no window."""
