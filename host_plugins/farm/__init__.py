"""Jobs for render farms, as plain data."""
