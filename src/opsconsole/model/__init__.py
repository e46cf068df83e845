"""What the console knows: frozen values that import nothing else of the project."""
