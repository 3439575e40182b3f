"""Optional names from a language model behind an OpenAI-compatible API; see docs/namer.md."""

from __future__ import annotations

from pipeline.label.namer.ask import NAMER_OUTCOMES, NAMER_SUGGESTIONS, NamerRequest, ask_namer
from pipeline.label.namer.check import namer_warning
from pipeline.label.namer.credentials import namer_key
from pipeline.label.namer.prompts import NAMER_PROMPTS
from pipeline.label.namer.shelf_prompts import PROMPT_FACTS, shelf_prompts, typical_films

__all__ = [
    "NAMER_OUTCOMES",
    "NAMER_PROMPTS",
    "NAMER_SUGGESTIONS",
    "PROMPT_FACTS",
    "NamerRequest",
    "ask_namer",
    "namer_key",
    "namer_warning",
    "shelf_prompts",
    "typical_films",
]
