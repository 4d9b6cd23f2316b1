"""The in-context diffusion transformer: one sequence of noise, plate, references and history."""
