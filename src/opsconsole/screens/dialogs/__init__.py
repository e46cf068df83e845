"""What opens above the tabs."""
