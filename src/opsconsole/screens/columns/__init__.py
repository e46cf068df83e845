"""What the lists of the Pods tab show of each row: one file for each kind, and the cells that they share."""
