"""The control loops: each `sync` brings what is stored one step nearer to what was asked for."""
