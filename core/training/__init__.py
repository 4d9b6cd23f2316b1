"""How the model learns: the objective, a trainer, and experiments that show what it has learned."""
