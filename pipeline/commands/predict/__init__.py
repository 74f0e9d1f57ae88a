"""The command ``predict``: images and videos with the objects that an exported detector finds in them.

``sources`` finds the files, ``images`` and ``videos`` read them, ``drawing`` draws, ``files`` writes the other formats.
"""
