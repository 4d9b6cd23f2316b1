"""Movies: plates in, frame by frame, and review movies out. PyAV decodes and encodes; colour is left as it is coded."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType

import av
import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from pai_studio.core.media.files import as_pai_error, whole_file
from pai_studio.core.media.frame import Array
from pai_studio.core.media.limits import LIMITS, Limits
from pai_studio.core.shot.errors import MissingFrames, UnreadableImage

_BT709 = 1  # ITU-T H.273: primaries, transfer and matrix of BT.709
_UNSAID = 2  # the same table's "unspecified"
_HD_LINES = 720


class MovieReader:
    """A movie's pictures by index. `size` is (width, height) upright, `rate` a Fraction, `count` the exact number.

    Reading onwards is cheap; anything else seeks to the keyframe before. Not for several threads at once.
    Raises UnreadableImage for a damaged, interlaced or oversized movie.
    """

    def __init__(self, path: Path | str, limits: Limits = LIMITS) -> None:
        self.path = Path(path)
        self._frames: list[VideoFrame] = []
        try:
            self._file = av.open(str(path))
        except (OSError, av.FFmpegError) as error:
            raise UnreadableImage(f"cannot be opened ({_reason(error)})", where=str(path)) from None
        try:
            self._stream = self._checked(limits)
            self._times = self._presentation_times()
        except BaseException:
            self._file.close()
            raise
        self.count = len(self._times)
        self.rate: Fraction = self._stream.average_rate or self._stream.base_rate or Fraction(24)
        self._next = 0
        self._rewind(0)
        first = self._decoded(0)
        self._turns = round(getattr(first, "rotation", 0) / 90) % 4
        size = first.width, first.height
        self.size = size[::-1] if self._turns % 2 else size

    def __enter__(self) -> MovieReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def read(self, index: int) -> Array:
        """One picture, (H, W, 3) float32, as it is coded for display: 0 black, 1 white."""
        if not 0 <= index < self.count:
            say = f"holds pictures 0-{self.count - 1}, not {index}"
            raise MissingFrames(say, where=str(self.path), hint="check plate.start and frames")
        if index < self._next or index > self._next + 48:
            self._rewind(index)
        frame = self._decoded(index)
        deep = any(component.bits > 8 for component in frame.format.components)
        # A file that does not say its matrix means BT.709 from 720 lines on, BT.601 below.
        unsaid = Colorspace.ITU709 if frame.height >= _HD_LINES else Colorspace.ITU601
        coded = frame.reformat(
            format="rgb48le" if deep else "rgb24",
            src_colorspace=unsaid if frame.colorspace == _UNSAID else None,
            interpolation=Interpolation.BICUBIC,
        ).to_ndarray()
        pixels = coded.astype(np.float32)
        pixels *= np.float32(1 / (65535 if deep else 255))
        return np.ascontiguousarray(np.rot90(pixels, self._turns)) if self._turns else pixels

    def _checked(self, limits: Limits) -> av.VideoStream:
        if not self._file.streams.video:
            raise UnreadableImage("holds no picture", where=str(self.path))
        stream = self._file.streams.video[0]
        limits.check(str(self.path), stream.width, stream.height, 3)
        stream.thread_type = "AUTO"
        return stream

    def _presentation_times(self) -> list[int]:
        """Every picture's time stamp in order of presentation, from the packets alone."""
        try:
            packets = self._file.demux(self._stream)
            times = [packet.pts for packet in packets if packet.pts is not None and not packet.is_discard]
        except av.FFmpegError as error:
            raise UnreadableImage(f"is damaged ({_reason(error)})", where=str(self.path)) from None
        if not times:
            raise UnreadableImage("holds no picture", where=str(self.path))
        return sorted(times)

    def _rewind(self, index: int) -> None:
        self._file.seek(self._times[index], stream=self._stream, backward=True)
        self._decoding = self._file.decode(self._stream)
        self._next = index

    def _decoded(self, index: int) -> VideoFrame:
        """Decode onwards to the picture with that index's time stamp."""
        wanted = self._times[index]
        try:
            for frame in self._decoding:
                if frame.pts is None or frame.pts < wanted:
                    continue
                if frame.interlaced_frame:
                    hint = "deinterlace it first"
                    raise UnreadableImage("is interlaced", where=str(self.path), hint=hint)
                self._next = index + 1
                return frame
        except av.FFmpegError as error:
            raise self._damaged(index, _reason(error)) from None
        raise self._damaged(index, "it ends before")

    def _damaged(self, index: int, why: str) -> UnreadableImage:
        return UnreadableImage(
            f"is damaged at picture {index} ({why})", where=str(self.path), hint="export it again"
        )


_REPEATABLE = {"x264-params": "mbtree=0"}
"""With its macroblock tree, libx264 165 chooses by what it finds in memory that nobody has written to."""


class MovieWriter:
    """Writes an H.264 movie (yuv420p, BT.709, playable before it is wholly loaded), whole or not at all.

    The same pictures give the same bytes on the same machine.
    `size` is (width, height); odd sides get one more row or column. Used as a context: leaving by an exception removes
    what was written. Raises OutOfResources where the disk is full.
    """

    def __init__(self, path: Path | str, rate: Fraction, size: tuple[int, int], crf: int = 18) -> None:
        self.path = Path(path)
        self.size = size
        self._open = ExitStack()
        temp = self._open.enter_context(whole_file(self.path))
        self._file = av.open(str(temp), "w", format="mp4", options={"movflags": "+faststart"})
        self._open.callback(self._file.close)
        self._stream = self._file.add_stream(
            "libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast", **_REPEATABLE}
        )
        self._stream.width, self._stream.height = (side + side % 2 for side in size)
        self._stream.pix_fmt = "yuv420p"
        context = self._stream.codec_context
        context.color_primaries = context.color_trc = context.colorspace = _BT709
        context.color_range = ColorRange.MPEG

    def write(self, picture: npt.NDArray[np.uint8]) -> None:
        """The next picture: (H, W, 3) uint8, coded for display."""
        height, width = picture.shape[:2]
        if (width, height) != self.size:
            raise ValueError(f"the movie is {self.size[0]}x{self.size[1]}, the picture {width}x{height}")
        even = np.pad(picture, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        frame = VideoFrame.from_ndarray(even, format="rgb24").reformat(
            format="yuv420p",
            src_color_range=ColorRange.JPEG,
            dst_colorspace=Colorspace.ITU709,
            dst_color_range=ColorRange.MPEG,
        )
        frame.pts = None
        self._encode(frame)

    def _encode(self, frame: VideoFrame | None) -> None:
        try:
            self._file.mux(self._stream.encode(frame))
        except OSError as error:  # the kinds of FFmpegError that come from the disk are OSErrors too
            raise as_pai_error(error, self.path) from error

    def __enter__(self) -> MovieWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            try:
                self._encode(None)
            except BaseException as fault:
                self._open.__exit__(type(fault), fault, fault.__traceback__)
                raise
        self._open.__exit__(kind, error, trace)


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", "") or error)[:120]
