"""What a person reads of a run: one page, figures, a table and a comment. Knows no TensorFlow and measures nothing."""

from eagerbench.reports.render import Rendered, render

__all__ = ["Rendered", "render"]
