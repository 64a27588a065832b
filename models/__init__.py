"""What is executed: the model, its NumPy reference and the environments. Imports nothing else of eagerbench."""
