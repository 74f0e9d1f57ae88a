"""Hypothesis strategies for the features of a ``tf.train.Example``."""

import numpy as np
from hypothesis import strategies as st

FEATURES = st.dictionaries(
    st.text(max_size=8),
    st.one_of(
        st.binary(max_size=300),
        st.lists(st.binary(max_size=5), max_size=3),
        st.lists(st.integers(-(2**63), 2**63 - 1), max_size=4).map(lambda v: np.array(v, np.int64)),
        st.lists(st.floats(width=32, allow_nan=False), max_size=4).map(lambda v: np.array(v, np.float32)),
    ),
    max_size=4,
)
