"""四至: the words become the polygon, and the polygon becomes the words.

`parse` turns a sentence into data, `Features` is the ground prepared once, `solve` draws the polygon with its
evidence, `describe` writes the sentence of a polygon, `compare` holds one against the other. All in the plane.
"""
