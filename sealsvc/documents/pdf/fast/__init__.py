"""Our own reader and incremental writer for the PDFs we understand completely (pdf.md section 2).

`structure.understand` decides by what a file is; what it does not understand raises
`NotUnderstood` and belongs to pyHanko. No module here imports pyHanko when it is loaded.
"""
