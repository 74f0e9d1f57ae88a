"""Embeddings of images and object crops: similar ones, and groups of them."""
