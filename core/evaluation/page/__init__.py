"""A benchmark's report for people: one self-contained page, and Markdown of the same figures."""

from pai_studio.core.evaluation.page.docs import write_docs
from pai_studio.core.evaluation.page.document import write_report

__all__ = ["write_docs", "write_report"]
