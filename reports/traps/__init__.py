"""What a person reads of traps: a page with code and numbers, a figure, Markdown, CSV, and lines for a terminal."""
