"""Nearest neighbours and groups of embeddings, by the cosine of their angle."""

import importlib.util

import numpy as np
from sklearn.cluster import KMeans
from sklearn.neighbors import NearestNeighbors


def nearest(vectors: np.ndarray, queries: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the nearest neighbours of each query, the nearest first. faiss finds them where it is installed.

    Args:
        vectors: float32 [N, C], of length 1.
        queries: float32 [Q, C], of length 1.
        count: K, at most N.

    Returns:
        The indices of the neighbours, int64 [Q, K], and their cosine similarities, float64 [Q, K], in [-1, 1].
    """
    if importlib.util.find_spec("faiss"):
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors))
        cosines, indices = index.search(np.ascontiguousarray(queries), count)
        return indices, cosines.astype(np.float64)
    search = NearestNeighbors(n_neighbors=count, metric="cosine").fit(vectors)
    distances, indices = search.kneighbors(queries)
    return indices, 1.0 - distances


def groups(vectors: np.ndarray, number: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Group embeddings by k-means.

    On vectors of length 1, the squared distance is twice one minus the cosine.

    Args:
        vectors: float32 [N, C], of length 1.
        number: The number of groups, at most N.
        seed: The seed of the first centers.

    Returns:
        The group of each vector, int [N], where 0 is the largest group; and its distance from the group's center,
        float64 [N].
    """
    found = KMeans(number, n_init=4, random_state=seed).fit(vectors)
    sizes = np.bincount(found.labels_, minlength=number)
    rank = np.empty(number, int)
    rank[np.argsort(-sizes, kind="stable")] = np.arange(number)
    distances = np.linalg.norm(vectors - found.cluster_centers_[found.labels_], axis=1)
    return rank[found.labels_], distances
