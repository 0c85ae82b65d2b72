"""The nouns of the field: land, people, cases, and the kinds of record that files bring in."""
