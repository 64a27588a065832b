"""What a person reads of several runs: a page, a figure, Markdown, CSV, and lines for a terminal."""
