"""Sound as a picture: the logarithmic mel spectrogram of a waveform."""

from functools import cache

import numpy as np
import tensorflow as tf
from scipy.signal import stft

from pipeline.params.dataset import Sound


def log_mel_picture(waveform: np.ndarray, rate: int, sound: Sound) -> np.ndarray:
    """Return the spectrogram of a waveform as a grey picture.

    The power of each window in each mel band is shown in decibels below the greatest power of the recording: white is
    the greatest, and black is ``sound.decibels`` below it or less.

    Args:
        waveform: float32 [N], in [-1, 1].
        rate: Samples of a second.
        sound: The section ``dataset.sound``.

    Returns:
        uint8 [bands, T]. Time goes to the right, and the highest band is at the top.
    """
    window = max(2, round(sound.window * rate))
    hop = min(max(1, round(sound.hop * rate)), window)
    if len(waveform) < window:
        waveform = np.pad(waveform, (0, window - len(waveform)))
    _, _, spectrum = stft(
        waveform, rate, "hann", window, window - hop, boundary=None, padded=False, detrend=False
    )
    power = np.abs(spectrum.T) ** 2 @ _mel(window // 2 + 1, rate, sound)
    decibels = 10 * np.log10(np.maximum(power, 1e-10))
    shown = 1 + (decibels - decibels.max()) / sound.decibels
    return np.round(255 * np.clip(shown, 0, 1)).astype(np.uint8).T[::-1]


@cache
def _mel(bins: int, rate: int, sound: Sound) -> np.ndarray:
    """Return the weights of the mel bands, float32 [bins, bands]."""
    high = min(sound.high or rate / 2, rate / 2)
    return tf.signal.linear_to_mel_weight_matrix(sound.bands, bins, rate, sound.low, high).numpy()


def fitted(waveform: np.ndarray, rate: int, seconds: float | None) -> np.ndarray:
    """Return a waveform of a fixed length: the middle of a longer one, or a shorter one with silence around it.

    Args:
        waveform: float32 [N].
        rate: Samples of a second.
        seconds: The length; None leaves the waveform as it is.
    """
    if seconds is None:
        return waveform
    length = max(1, round(seconds * rate))
    missing = length - len(waveform)
    if missing > 0:
        return np.pad(waveform, (missing // 2, missing - missing // 2))
    start = -missing // 2
    return waveform[start : start + length]
