"""Reading sealed PDFs fast, where every check holds; the general reader does all the others.

`read` never says that anything is wrong with a file: it gives the very reading that
`documents.pdf.reader` would give, or None. Rules: pdf.md sections 3 and 4.
"""

from sealsvc.documents.pdf.fastread.reading import read, read_with_digest

__all__ = ["read", "read_with_digest"]
