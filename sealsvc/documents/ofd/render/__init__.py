"""Pages of OFD documents as pictures, for persons only; no verdict stands on them.

`page.render_page`, `page.page_count`, `sealpicture.render_seal_picture`.
"""
