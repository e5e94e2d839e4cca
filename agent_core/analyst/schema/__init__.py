"""What the analyst knows of the person's tables, from the profiles that came with the files."""
