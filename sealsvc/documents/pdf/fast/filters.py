"""Decoding the streams a structure is made of: Flate, with or without PNG predictors.

Source: ISO 32000-2, 7.4.4; pdf.md section 2 rules 2 and 3.
"""

import zlib
from itertools import accumulate

from sealsvc.documents.pdf.fast.budget import Budget
from sealsvc.documents.pdf.fast.refusal import NotUnderstood
from sealsvc.documents.pdf.fast.tokens import (
    Dictionary,
    array_items,
    as_integer,
    is_name,
    read_dictionary,
)

MAX_DECODED = 16 << 20
MAX_PREDICTED = 4 << 20  # far more than the table of a million objects
MAX_ROWS_ONE_BY_ONE = 1 << 20
PREDICTION_COST = 12
MAX_COLUMNS = 4096
WHITE = b"\0\t\n\f\r "


def decode_stream(dictionary: Dictionary, encoded: bytes, budget: Budget) -> bytes:
    """The decoded bytes of a stream. Raises: NotUnderstood for any filter but Flate."""
    name = _single(dictionary.get(b"Filter"))
    parameters = _single(dictionary.get(b"DecodeParms"))
    if {b"F", b"FFilter", b"DL"} & dictionary.entries.keys():
        raise NotUnderstood("external stream")
    if name is None:
        if parameters is not None:
            raise NotUnderstood("decode parameters")
        return encoded
    if not is_name(name, b"/FlateDecode"):
        raise NotUnderstood("filter")
    data = _inflate(encoded)
    budget.spend(len(data))
    if parameters is None:
        return data
    budget.spend(PREDICTION_COST * len(data))
    return _unpredict(read_dictionary(parameters, 0)[0], data)


def _single(raw: bytes | None) -> bytes | None:
    """A value, or the only item of an array of one; None where absent."""
    if raw is None or raw[:1] != b"[":
        return raw
    items = array_items(raw)
    if len(items) > 1:
        raise NotUnderstood("filter chain")
    return items[0] if items and items[0] != b"null" else None


def _inflate(encoded: bytes) -> bytes:
    engine = zlib.decompressobj()
    try:
        data = engine.decompress(encoded, MAX_DECODED)
    except zlib.error as error:
        raise NotUnderstood("deflated data") from error
    # No data behind the end (rule 3): what one reader ignores another may read.
    if not engine.eof or engine.unused_data.strip(WHITE):
        raise NotUnderstood("deflated data")
    return data


def _unpredict(parameters: Dictionary, data: bytes) -> bytes:
    numbers = {
        key: as_integer(parameters.get(key) or b"1")
        for key in (b"Predictor", b"Colors", b"Columns")
    }
    bits = as_integer(parameters.get(b"BitsPerComponent") or b"8")
    predictor, columns = numbers[b"Predictor"], numbers[b"Columns"]
    if predictor == 1:
        return data
    if predictor is None or not 10 <= predictor <= 15:
        raise NotUnderstood("predictor")
    if bits != 8 or numbers[b"Colors"] != 1 or columns is None:
        raise NotUnderstood("predictor")
    if not 0 < columns <= MAX_COLUMNS or len(data) % (columns + 1) or len(data) > MAX_PREDICTED:
        raise NotUnderstood("predictor")
    return _png_rows(data, columns)


def _png_rows(data: bytes, columns: int) -> bytes:
    """PNG filtering undone, one byte to the pixel (PNG 1.2 section 6)."""
    stride = columns + 1
    kinds = data[::stride]
    if not kinds.strip(b"\2"):
        # Up on every row, what all writers use: each column is a running sum.
        out = bytearray(columns * len(kinds))
        for column in range(columns):
            sums = accumulate(data[column + 1 :: stride])
            out[column::columns] = bytes(one & 0xFF for one in sums)
        return bytes(out)
    if len(data) > MAX_ROWS_ONE_BY_ONE:
        raise NotUnderstood("predictor")
    rows, above = [], bytes(columns)
    for place, kind in enumerate(kinds):
        above = _png_row(kind, data[place * stride + 1 : (place + 1) * stride], above)
        rows.append(above)
    return b"".join(rows)


def _png_row(kind: int, row: bytes, above: bytes) -> bytes:
    if kind == 0:
        return row
    if kind == 2:
        return bytes((x + up) & 0xFF for x, up in zip(row, above, strict=True))
    if kind not in (1, 3, 4):
        raise NotUnderstood("predictor")
    out = bytearray()
    left = upper_left = 0
    for x, up in zip(row, above, strict=True):
        guess = (left, (left + up) // 2, _paeth(left, up, upper_left))[(1, 3, 4).index(kind)]
        left, upper_left = (x + guess) & 0xFF, up
        out.append(left)
    return bytes(out)


def _paeth(left: int, up: int, upper_left: int) -> int:
    estimate = left + up - upper_left
    return min(
        (abs(estimate - left), 0, left),
        (abs(estimate - up), 1, up),
        (abs(estimate - upper_left), 2, upper_left),
    )[2]
