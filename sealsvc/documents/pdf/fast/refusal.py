"""The one word by which the fast path hands a file to the general one."""


class NotUnderstood(Exception):
    """The file is not one this package reads with certainty; no judgement of the file itself.

    reason: a few words for logs and tests, never content of the file.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason
