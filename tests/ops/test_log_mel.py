"""Spectrograms: of tones and silence, and of a folder of recordings."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from pipeline.errors import PipelineError
from pipeline.ops.log_mel import fitted, log_mel_picture
from pipeline.params.dataset import Sound
from pipeline.stage import call
from pipeline.stages import spectrograms
from pipeline.stages.spectrograms import read_waveform
from tests.support.params_file import changed_params

RATE = 8000


def sound(**changes: Any) -> Sound:
    values = {
        "window": 0.025,
        "hop": 0.01,
        "bands": 64,
        "low": 20.0,
        "high": None,
        "decibels": 80.0,
        "seconds": None,
    }
    return Sound(**{**values, **changes})


def tone(hertz: float, seconds: float = 0.5) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hertz * np.arange(round(seconds * RATE)) / RATE)).astype(np.float32)


def brightest_row(hertz: float) -> int:
    return int(log_mel_picture(tone(hertz), RATE, sound()).mean(axis=1).argmax())


def test_a_higher_tone_is_higher_in_the_picture() -> None:
    rows = [brightest_row(hertz) for hertz in (200, 600, 1200, 2400, 3600)]
    assert rows == sorted(rows, reverse=True)
    assert len(set(rows)) == 5


def test_the_picture_has_a_column_for_each_window_and_a_row_for_each_band() -> None:
    picture = log_mel_picture(tone(440), RATE, sound())
    assert picture.shape == (64, (4000 - 200) // 80 + 1)
    assert picture.dtype == np.uint8
    assert picture.max() == 255
    assert log_mel_picture(tone(440, 0.001), RATE, sound()).shape == (64, 1)


def test_decibels_are_the_range_of_the_grey_values() -> None:
    waveform = np.concatenate([tone(1000), 0.01 * tone(1000)])  # 40 dB less
    row = brightest_row(1000)
    picture = log_mel_picture(waveform, RATE, sound()).astype(float)
    difference = picture[row, 10] - picture[row, -10]
    assert difference == pytest.approx(255 * 40 / 80, abs=2)


def test_silence_is_a_picture() -> None:
    assert (log_mel_picture(np.zeros(4000, np.float32), RATE, sound()) == 255).all()


def test_a_recording_is_cut_or_padded_in_its_middle() -> None:
    waveform = np.arange(10, dtype=np.float32)
    np.testing.assert_array_equal(fitted(waveform, 2, 2.0), [3, 4, 5, 6])
    np.testing.assert_array_equal(fitted(waveform, 2, 6.0), [0, *range(10), 0])
    assert fitted(waveform, 2, None) is waveform


@pytest.mark.parametrize("dtype", [np.int16, np.int32, np.uint8, np.float32])
def test_each_sample_format_is_read_alike(dtype: Any, tmp_path: Path) -> None:
    waveform = tone(440)
    if dtype is np.uint8:
        samples = np.round(128 + 127 * waveform).astype(dtype)
    elif dtype is np.float32:
        samples = waveform
    else:
        samples = (waveform.astype(np.float64) * np.iinfo(dtype).max).astype(dtype)
    wavfile.write(tmp_path / "a.wav", RATE, np.stack([samples, samples], axis=1))
    read, rate = read_waveform(tmp_path / "a.wav")
    assert rate == RATE
    np.testing.assert_allclose(read, waveform, atol=0.01)


def convert(tmp_path: Path) -> Path:
    params = changed_params(tmp_path, dataset__images="spectrograms")
    call(spectrograms.run, params, raw=tmp_path / "raw", pictures=tmp_path / "pictures")
    return tmp_path / "pictures"


def test_a_folder_of_recordings_becomes_a_folder_of_pictures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "raw" / "low").mkdir(parents=True)
    wavfile.write(tmp_path / "raw" / "low" / "one.WAV", RATE, tone(200))
    wavfile.write(tmp_path / "raw" / "low" / "empty.wav", RATE, np.zeros(0, np.int16))
    (tmp_path / "raw" / "low" / "broken.wav").write_bytes(b"RIFF")
    (tmp_path / "raw" / "labels.csv").write_text("file,label\nlow/one.wav,a\n")
    pictures = convert(tmp_path)
    assert Image.open(pictures / "low" / "one.png").size == (48, 64)
    assert (pictures / "labels.csv").read_text() == "file,label\nlow/one.png,a\n"
    assert len(list(pictures.rglob("*.png"))) == 1
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(":")[1] for line in lines] == [" low/broken.wav", " low/empty.wav"]


def test_a_folder_without_a_readable_recording_is_refused(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    with pytest.raises(PipelineError, match=r"there is no \.wav file; set dataset\.images to raw"):
        convert(tmp_path)
    (tmp_path / "raw" / "a.wav").write_bytes(b"no recording")
    with pytest.raises(PipelineError, match="none of the 1 recordings can be read"):
        convert(tmp_path)
