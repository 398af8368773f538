"""The two ways seal bytes are refused: plain value errors that carry a code of the fact sheet."""


class SealFormatInvalid(ValueError):
    """Bytes that are no seal, seal signature or SignedData of a version we know.

    code: SEAL_FORMAT_INVALID, SEAL_VERSION_UNSUPPORTED, SIG_FORMAT_INVALID or
    SIG_VERSION_UNSUPPORTED; detail: the element, never content. Source: seal-formats.md 9, 10.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}({self.detail})"


class SealRefused(ValueError):
    """A seal or seal signature that must not be made. code, detail: as in SealFormatInvalid."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}({self.detail})"
