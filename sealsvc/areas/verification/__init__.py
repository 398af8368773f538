"""验证: judge a document on all that is known, keep the report; compare a seal with its record."""
