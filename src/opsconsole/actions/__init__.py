"""Everything that changes the platform: plans, and the one executor that carries them out."""
