"""The seeded model of one shop platform: what its users do, what that costs, what its systems show of it."""
