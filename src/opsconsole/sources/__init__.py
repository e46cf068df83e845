"""One module per real system: its answers become values of the model, its errors one of a few typed ones."""
