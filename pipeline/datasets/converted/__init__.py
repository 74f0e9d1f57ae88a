"""Both ends of ``data/converted``: whoever reads or writes a file there does it here."""
