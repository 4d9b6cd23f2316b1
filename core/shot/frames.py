"""Frame ranges, rates and padding patterns.

A frame is an integer that may be negative; a rate is a `Fraction` of frames per second. Patterns are
written `####`, `@@@@` or `%04d`; all three mean C's `printf("%04d")`, so frame -5 is `-005` and a number
too wide for its padding is written in full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from pai_studio.core.shot.errors import BadInput, MissingFrames

_PADDING = re.compile(r"#+|@+|%(?:0?(\d+))?d")
_NUMBER = r"(-?\d+)"
_NTSC = Fraction(1000, 1001)


@dataclass(frozen=True, slots=True)
class FrameRange:
    """Frames `first`..`last`, both included, every `step`-th one."""

    first: int
    last: int
    step: int = 1

    def __post_init__(self) -> None:
        if self.step < 1:
            raise ValueError(f"step {self.step} must be 1 or more")
        if self.last < self.first:
            raise ValueError(f"last frame {self.last} comes before first frame {self.first}")

    @classmethod
    def parse(cls, text: str) -> FrameRange:
        """Read `1001-1049`, `1001-1049x2` or `1001`; negative frames as `-10--5`.

        Raises BadInput when the text is none of these.
        """
        found = re.fullmatch(r"\s*(-?\d+)(?:\s*-\s*(-?\d+)(?:\s*x\s*(\d+))?)?\s*", text)
        if not found:
            raise BadInput(f"{text!r} is no frame range", hint="write it as 1001-1049 or 1001-1049x2")
        first = int(found[1])
        try:
            return cls(first, int(found[2] or first), int(found[3] or 1))
        except ValueError as error:
            raise BadInput(f"{text!r} is no frame range: {error}", hint="write it as 1001-1049") from None

    def __iter__(self) -> Iterator[int]:
        return iter(range(self.first, self.last + 1, self.step))

    def __len__(self) -> int:
        return (self.last - self.first) // self.step + 1

    def __contains__(self, frame: object) -> bool:
        return isinstance(frame, int) and frame in range(self.first, self.last + 1, self.step)

    def __str__(self) -> str:
        return f"{self.first}-{self.last}" + (f"x{self.step}" if self.step > 1 else "")

    def widened(self, handles: int) -> FrameRange:
        """The range with `handles` more frames at each end, counted in steps."""
        return FrameRange(self.first - handles * self.step, self.last + handles * self.step, self.step)


def ranges_text(frames: list[int]) -> str:
    """Name frames briefly for a message: `1001-1003, 1007`."""
    runs: list[list[int]] = []
    for frame in sorted(frames):
        if runs and frame == runs[-1][1] + 1:
            runs[-1][1] = frame
        else:
            runs.append([frame, frame])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def parse_rate(value: str | int | float) -> Fraction:
    """A rate from `"24000/1001"`, `24`, `"25"` or the usual decimals of NTSC rates (`23.976`, `29.97`).

    Raises ValueError for anything that is not positive, or a decimal that is no known rate.
    """
    text = str(value).strip()
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        raise ValueError(f"{value!r} is no frame rate; write it as a fraction such as 24000/1001") from None
    if rate <= 0:
        raise ValueError(f"{value!r} is no frame rate; it must be above zero")
    if "/" in text or rate.denominator == 1:
        return rate
    ntsc = round(rate) * _NTSC
    if abs(rate - ntsc) < Fraction(1, 200):
        return ntsc
    if rate.denominator == 2:  # 12.5 is exact
        return rate
    raise ValueError(f"{value!r} is no known frame rate; write it as a fraction such as 24000/1001")


@dataclass(frozen=True, slots=True)
class FramePattern:
    """A file name with one frame number in it, such as `plate/SH010.####.exr`."""

    text: str

    @property
    def has_padding(self) -> bool:
        """Whether the name holds a frame number at all (a movie or one still does not)."""
        return _PADDING.search(Path(self.text).name) is not None

    def _split(self) -> tuple[str, int, str]:
        """What stands before the number, its padding, and what stands after."""
        name = Path(self.text).name
        found = list(_PADDING.finditer(name))
        if len(found) != 1:
            say = "no frame number" if not found else "more than one frame number"
            raise BadInput(f"{self.text!r} holds {say}", hint="name it once, as ####, @@@@ or %04d")
        mark = found[0]
        padding = int(mark[1] or 1) if mark[0].startswith("%") else len(mark[0])
        return name[: mark.start()], padding, name[mark.end() :]

    @property
    def padding(self) -> int:
        """The digits that a frame number is padded to."""
        return self._split()[1]

    @property
    def printf(self) -> str:
        """The file's name with its number as C has it: `SH010.%04d.exr`."""
        before, padding, after = self._split()
        return f"{before}%0{padding}d{after}"

    def path(self, frame: int) -> Path:
        """The file of one frame; the pattern itself where it holds no number."""
        if not self.has_padding:
            return Path(self.text)
        before, padding, after = self._split()
        return Path(self.text).with_name(f"{before}{frame:0{padding}d}{after}")

    def frame_of(self, name: str) -> int | None:
        """The frame that a file name is of, or None when it is not of this pattern."""
        before, padding, after = self._split()
        found = re.fullmatch(re.escape(before) + _NUMBER + re.escape(after), name)
        if not found or f"{int(found[1]):0{padding}d}" != found[1]:
            return None
        return int(found[1])

    def on_disk(self) -> list[int]:
        """The frames present in the pattern's folder, in order; empty when the folder is not there."""
        folder = Path(self.text).parent
        if not folder.is_dir():
            return []
        found = (self.frame_of(entry.name) for entry in folder.iterdir())
        return sorted(frame for frame in found if frame is not None)

    def require(self, frames: FrameRange | list[int], *, where: str = "") -> list[Path]:
        """The files of `frames`, every one of them present.

        Raises MissingFrames naming the absent ones, and what lies there instead when only the padding differs.
        """
        paths = {frame: self.path(frame) for frame in frames}
        missing = [frame for frame, path in paths.items() if not path.is_file()]
        if missing:
            raise MissingFrames(
                f"{len(missing)} of {len(paths)} frames are missing ({ranges_text(missing)[:120]})",
                where=where or self.text,
                hint=self._remedy(),
            )
        return list(paths.values())

    def _remedy(self) -> str:
        folder = Path(self.text).parent
        if not folder.is_dir():
            return f"the folder {folder} is not there"
        if not self.has_padding:
            return "check the file's name"
        present = self.on_disk()
        if present:
            return f"the folder holds {ranges_text(present)[:120]}"
        before, padding, after = self._split()
        loose = re.compile(re.escape(before) + _NUMBER + re.escape(after))
        others = sorted({len(m[1]) for e in folder.iterdir() if (m := loose.fullmatch(e.name))})
        if others:
            return f"the files there are padded to {others[0]} digits, the pattern to {padding}"
        return f"no file in {folder} has that name"
