"""Locations inside a package (ST_Loc) as entry names. Source: ofd.md section 2."""

MAX_LOCATION = 4096


class PathEscapeError(ValueError):
    """A location leads out of the package or names a place of the operating system."""


def directory_of(name: str) -> str:
    """The directory of an entry, without a slash at the end; empty for the root."""
    return name.rpartition("/")[0]


def resolve(location: str, base: str) -> str:
    """The entry name that a location means when it stands in a file of directory `base`.

    A leading slash means the package root; doubled slashes, backslashes and `./` are met in the
    field. Empty when nothing is named. Raises: PathEscapeError.
    """
    text = location.strip().replace("\\", "/")
    if len(text) > MAX_LOCATION or any(ord(one) < 32 for one in text):
        raise PathEscapeError
    if text[1:2] == ":" or "://" in text:
        raise PathEscapeError
    parts = [] if text.startswith("/") or not base else base.split("/")
    for part in text.split("/"):
        if part == "..":
            if not parts:
                raise PathEscapeError
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) if text else ""
