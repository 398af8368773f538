"""A kept report in other shapes: ETSI TS 119 102-2 XML, a page for a court's file, SiVa's JSON.

Pure: what is shown comes from the report's JSON and what is handed in beside it.
"""
