"""Attestations, the facts of a deal, and the judgement over them; pure."""
