"""Our own reader and incremental writer for the PDFs we understand completely (pdf.md section 2).

`structure.understand` decides by what a file is; what it does not understand raises
`NotUnderstood` and belongs to pyHanko. `ordinary` is a short way for the most frequent shape.
No module here imports pyHanko when it is loaded.
"""
