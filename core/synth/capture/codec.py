"""A plate as a codec leaves it: 8 bits, colour at half resolution, H.264's blocks.

One stream for the whole shot, as a camera records it, so that its errors are those of real plates in time as well:
sharper at keyframes, smeared between them. A stream goes from frame to frame, hence takes all of a shot in order;
its encoder runs in one thread, so that the same frames always give the same plate.

The picture is coded in the camera's own wide gamut, which is the working space's here, through a video camera's curve:
a power up to 1, and above it a knee that holds light up to 8. Nothing is clipped but what is brighter or negative.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import Any

import av
import cv2
import numpy as np
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from pai_studio.core.media.frame import Array

_POWER = 2.2
_KNEE = 0.8  # the code value of light at 1
WHITEST = 8.0
"""The brightest light that a coded plate holds."""
_GROUP = 12  # frames from one keyframe to the next: a film's half second
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # ITU-R BT.709, 3.2
_BLUE, _RED = np.float32(2 * (1 - 0.0722)), np.float32(2 * (1 - 0.2126))


def coded(light: Array) -> Array:
    """Scene-linear light to code values in 0..1: .8 x^(1/2.2) up to 1, then .8 + .2 log2(x) / log2(8)."""
    light = np.clip(light, 0, WHITEST)
    below = np.float32(_KNEE) * np.minimum(light, 1) ** np.float32(1 / _POWER)
    above = np.float32((1 - _KNEE) / np.log2(WHITEST)) * np.log2(np.maximum(light, 1))
    return np.asarray(below + above, np.float32)


def decoded(code: Array) -> Array:
    """The inverse of `coded`, of code values in 0..1."""
    below = np.clip(code / np.float32(_KNEE), 0, 1) ** np.float32(_POWER)
    above = np.exp2(
        np.clip(code - np.float32(_KNEE), 0, 1 - _KNEE) * np.float32(np.log2(WHITEST) / (1 - _KNEE))
    )
    return np.asarray(below * above, np.float32)


def recorded(frames: Iterable[Array], quality: int, rate: Fraction) -> Iterator[Array]:
    """A shot's plates (H, W, 3), scene-linear, coded and decoded again, one for one and in order.

    `quality` is libx264's constant rate factor: 0 is nearly lossless, 18 good, 28 visibly poor. Chroma is 4:2:0.
    Odd sizes are padded by an edge pixel for the codec. At most some thirty frames are in memory at a time.
    """
    encoder: VideoCodecContext | None = None
    decoder = VideoCodecContext.create("h264", "r")
    decoder.thread_count = 1
    shape = (0, 0)
    for number, light in enumerate(frames):
        shape = (light.shape[0], light.shape[1])
        if encoder is None:
            encoder = _encoder(shape, quality, rate)
        frame = _as_yuv(light)
        frame.pts, frame.time_base = number, 1 / rate
        yield from _pictures(decoder, encoder.encode(frame), shape)
    if encoder is not None:
        yield from _pictures(decoder, encoder.encode(None), shape)
        yield from (_as_light(frame, shape) for frame in decoder.decode(None))


def _encoder(shape: tuple[int, int], quality: int, rate: Fraction) -> VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.height, encoder.width = (side + side % 2 for side in shape)
    encoder.pix_fmt = "yuv420p"
    encoder.framerate, encoder.time_base = rate, 1 / rate
    encoder.thread_count = 1
    encoder.gop_size = _GROUP
    encoder.options = {"crf": str(quality), "preset": "veryfast", "threads": "1"}
    return encoder


def _as_yuv(light: Array) -> VideoFrame:
    """BT.709's luma and colour differences in 8 bits, 16..235 and 16..240; each 2x2 pixels share a colour."""
    height, width = light.shape[:2]
    code = np.pad(coded(light), ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    luma = code @ _LUMA
    half = (code.shape[1] // 2, code.shape[0] // 2)
    differences = np.stack([(code[..., 2] - luma) / _BLUE, (code[..., 0] - luma) / _RED], axis=-1)
    small = cv2.resize(differences, half, interpolation=cv2.INTER_AREA)
    planes = [luma * 219 + 16, small[..., 0] * 224 + 128, small[..., 1] * 224 + 128]
    stacked = np.concatenate([plane.ravel() for plane in planes]).reshape(-1, code.shape[1])
    return VideoFrame.from_ndarray(np.rint(stacked).clip(0, 255).astype(np.uint8), format="yuv420p")


def _pictures(
    decoder: VideoCodecContext, packets: list[Packet[Any]], shape: tuple[int, int]
) -> Iterator[Array]:
    for packet in packets:
        yield from (_as_light(frame, shape) for frame in decoder.decode(packet))


def _as_light(frame: VideoFrame, shape: tuple[int, int]) -> Array:
    height, width = frame.height, frame.width
    values = frame.to_ndarray().ravel().astype(np.float32)
    luma = (values[: height * width].reshape(height, width) - 16) / np.float32(219)
    small = values[height * width :].reshape(2, height // 2, width // 2)
    blue, red = (
        (cv2.resize(plane, (width, height), interpolation=cv2.INTER_LINEAR) - 128) / np.float32(224)
        for plane in small
    )
    r, b = luma + red * _RED, luma + blue * _BLUE
    code = np.stack([r, (luma - _LUMA[0] * r - _LUMA[2] * b) / _LUMA[1], b], axis=-1)
    return decoded(code[: shape[0], : shape[1]])
