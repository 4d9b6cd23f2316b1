"""What is learnt from: takes that are filmed, shots that are encoded, films of an experiment, and their mix."""
