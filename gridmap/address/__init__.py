"""Text to place: Chinese addresses are normalised, parsed, matched and scored; nothing here reads a database."""
