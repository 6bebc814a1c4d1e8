"""What the rest of the house speaks: pages, items, headings, regions."""
