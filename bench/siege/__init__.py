"""A site under siege: what honest people feel before, during and after an attack, and whether the memory comes back."""
