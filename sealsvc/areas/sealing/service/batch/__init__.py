"""Sealing at volume: two commits a chunk, each item with its own result, resumable by its key."""

from sealsvc.areas.sealing.service.batch.running import open_batch, run, run_chunks
from sealsvc.areas.sealing.service.batch.values import (
    BatchItem,
    BatchItemChanged,
    BatchItemInvalid,
    BatchOrder,
    BatchStopped,
    ItemResult,
    name_fault,
)

__all__ = [
    "BatchItem",
    "BatchItemChanged",
    "BatchItemInvalid",
    "BatchOrder",
    "BatchStopped",
    "ItemResult",
    "name_fault",
    "open_batch",
    "run",
    "run_chunks",
]
