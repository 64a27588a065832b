"""What a person reads of a gate: its page, figures, Markdown, JUnit, and lines for a terminal."""
