"""How the embedded pictures are drawn."""
