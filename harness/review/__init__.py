"""People's judgement of answers: asked for claim by claim, kept, and compared with the scorer's."""

from harness.review.agreement import agreement_data, agreement_lines
from harness.review.items import Choice, Item, choose, items_of
from harness.review.session import Session
from harness.review.table import read_table, table_text

__all__ = [
    "Choice",
    "Item",
    "Session",
    "agreement_data",
    "agreement_lines",
    "choose",
    "items_of",
    "read_table",
    "table_text",
]
