"""What is written for people: postmortems, updates, sitreps, from templates that a team can replace."""
