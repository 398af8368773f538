"""Seal imprints: drawing them to the millimetre and measuring how far two pictures are apart."""
