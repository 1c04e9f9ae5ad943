"""The ablation: many short runs from one common start, what they say of the papers, and what they do not."""
