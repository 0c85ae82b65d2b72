"""The verbs: one function for each thing that a user does. They take a transaction and never commit."""
