"""What people and the console write down: incidents, notes, marks, acknowledgements, and what is recorded by itself."""
