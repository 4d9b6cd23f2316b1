"""Colour spaces, by OpenColorIO alone: the config, conversions, displays.

A config comes from the shot document, else from `$OCIO`, else it is the pinned built-in one. Arrays are (H, W, 3) or
(H, W, 4) float32, C-contiguous; a fourth channel is never converted. Spaces may be named by name, alias, role or
interop ID. A `ColorConfig` may be used from several threads at once.
"""

from __future__ import annotations

import difflib
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import PyOpenColorIO as ocio

from pai_studio.core.media.config_files import Members, config_members, digest_of, write_archive
from pai_studio.core.media.frame import Array
from pai_studio.core.shot.document import Ocio
from pai_studio.core.shot.errors import BadInput, UnknownColorSpace

BUILTIN = "ocio://studio-config-v4.0.0_aces-v2.0_ocio-v2.5"
"""The config of a shot that names none: pinned, since `latest` differs between OpenColorIO versions."""

_SRGB = (
    "srgb_rec709_scene",
    "sRGB - Texture",
    "srgb_texture",
    "srgb_tx",
    "Utility - sRGB - Texture",
    "texture_paint",
)
_LINEAR_REC709 = (
    "lin_rec709_scene",
    "lin_rec709",
    "lin_srgb",
    "Linear Rec.709 (sRGB)",
    "Utility - Linear - sRGB",
)
_REC709_LUMINANCE = np.array([0.2126, 0.7152, 0.0722], np.float32)

_AP1_IN_AP0 = ((0.69545, 0.04479, -0.00553), (0.14068, 0.85967, 0.00403), (0.16387, 0.09553, 1.0015))
"""Red, green and blue of ACEScg in ACES2065-1 (S-2014-004)."""
# Red, green, blue and white xy. ACES: SMPTE ST 2065-1 and S-2014-004; the others: ITU-R BT.709, BT.2020, SMPTE RP 431-2
# with D65, Adobe RGB (1998). Gamuts that are not here get no chromaticities, which is better than wrong ones.
_D65 = (0.3127, 0.3290)
_PRIMARIES: dict[str, tuple[float, ...]] = {
    "lin_ap0": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767),
    "lin_ap1": (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767),
    "lin_rec709": (0.64, 0.33, 0.30, 0.60, 0.15, 0.06, *_D65),
    "lin_rec2020": (0.708, 0.292, 0.170, 0.797, 0.131, 0.046, *_D65),
    "lin_p3d65": (0.680, 0.320, 0.265, 0.690, 0.150, 0.060, *_D65),
    "lin_adobergb": (0.64, 0.33, 0.21, 0.71, 0.15, 0.06, *_D65),
}
_OCIO_ERRORS = (ocio.Exception, ocio.ExceptionMissingFile)
_BLOCK_PX = 1 << 18
_DISPLAY_EDGE = 65
_THREADS = max(1, min(4, os.cpu_count() or 1))
_pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="ocio")
_BAKED_MOST = 4
_baked: dict[str, list[ocio.Transform]] = {}
"""The last views that were sampled, by what they compute: every config that is opened shares them."""
_baked_lock = threading.Lock()


def _renew_pool() -> None:
    global _pool, _baked_lock  # noqa: PLW0603 - a forked child has none of the pool's threads, nor who holds a lock
    _baked_lock = threading.Lock()
    _pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="ocio")


if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork
    os.register_at_fork(after_in_child=_renew_pool)


class ColorConfig:
    """One OpenColorIO config with its context: spaces, conversions, the default display.

    `name` is what the config was named by, `digest` (SHA-256, hex) what it holds, `working` the space of its
    scene_linear role, `texture` its sRGB-encoded Rec.709 space (None where it has none). `context` has the values of
    the variables that the config declares or the document gives.
    """

    def __init__(
        self, config: ocio.Config, name: str, members: Members, context: Mapping[str, str] | None = None
    ) -> None:
        self.name = name
        self.digest = digest_of(members)
        self._config = config
        self._members = members
        self._context = config.getCurrentContext()
        for key, value in (context or {}).items():
            self._context.setStringVar(key, value)
        told = {*config.getEnvironmentVarNames(), *(context or {})}
        self.context = {key: self._context[key] for key in sorted(told)}
        self._lock = threading.Lock()
        self._processors: dict[tuple[str, str], ocio.CPUProcessor | None] = {}
        self._display: ocio.CPUProcessor | None = None
        self._by_id = {
            cs.getInteropID().lower(): cs.getName() for cs in config.getColorSpaces() if cs.getInteropID()
        }
        self.working = self.require("scene_linear")
        self.texture = self.first_of(_SRGB)
        self.linear_rec709 = self.first_of(_LINEAR_REC709)

    @classmethod
    def open(cls, document: Ocio | None = None) -> ColorConfig:
        """The config of a shot document, else that of `$OCIO`, else the pinned built-in one.

        Raises BadInput where it cannot be read, or where it is not the one whose digest the document gives.
        """
        document = document or Ocio()
        name = document.config or os.environ.get("OCIO") or BUILTIN
        members = config_members(name)
        try:
            config = ocio.Config.CreateFromFile(name)
            opened = cls(config, name, members, document.context)
        except _OCIO_ERRORS as error:
            say = f"is no usable OCIO config ({_first_line(error)})"
            raise BadInput(say, where=name, hint="check ocio.config or $OCIO") from None
        if document.digest and document.digest != opened.digest:
            say = f"has digest {opened.digest[:12]}, the shot asks for {document.digest[:12]}"
            raise BadInput(
                say, where=f"ocio.config {name}", hint="use the config that the shot was made with"
            )
        return opened

    def archive(self, path: str | os.PathLike[str]) -> None:
        """Write the config with its LUTs as an `.ocioz` that is byte for byte the same each time.

        Raises BadInput where the config uses absolute paths, which no archive can hold.
        """
        if (
            self._config.getWorkingDir()
            and not self.name.endswith(".ocioz")
            and not self._config.isArchivable()
        ):
            hint = "give it relative search paths"
            raise BadInput("cannot travel to a server: it names absolute paths", where=self.name, hint=hint)
        write_archive(self._members, path)

    @property
    def spaces(self) -> tuple[str, ...]:
        """The names of all its active spaces, in its own order."""
        return tuple(self._config.getColorSpaceNames())

    def find(self, space: str) -> str | None:
        """The config's own name of a space that is named by name, alias, role or interop ID; None if it has none."""
        found = self._config.getColorSpace(space) if space else None
        return found.getName() if found else self._by_id.get(space.lower())

    def first_of(self, spaces: tuple[str, ...]) -> str | None:
        """The first of several names that the config knows, by its own name for it."""
        return next((found for space in spaces if (found := self.find(space))), None)

    def require(self, space: str) -> str:
        """The config's own name of a space. Raises UnknownColorSpace, naming the nearest."""
        found = self.find(space)
        if found:
            return found
        names = self._all_names()
        near = difflib.get_close_matches(space.lower(), names, n=1, cutoff=0.3)
        hint = f"did you mean {names[near[0]]!r}?" if near else f"its working space is {self.working!r}"
        raise UnknownColorSpace(f"has no colour space {space!r}", where=f"config {self.name}", hint=hint)

    def _all_names(self) -> dict[str, str]:
        """Names, aliases and roles in lower case, each with how it is written."""
        spaces = self._config.getColorSpaces()
        names = [name for cs in spaces for name in (*cs.getAliases(), cs.getName())]
        return {name.lower(): name for name in (*self._config.getRoleNames(), *names)}

    def is_data(self, space: str) -> bool:
        """Whether a space holds numbers that no conversion may touch."""
        return bool(self._config.getColorSpace(self.require(space)).isData())

    def is_linear(self, space: str) -> bool:
        """Whether a space is scene-linear, so that light adds up in it."""
        return bool(self._config.isColorSpaceLinear(self.require(space), ocio.REFERENCE_SPACE_SCENE))

    def interop_id(self, space: str) -> str | None:
        """The space's `colorInteropID`, where the config gives one."""
        return self._config.getColorSpace(self.require(space)).getInteropID() or None

    def chromaticities(self, space: str) -> tuple[float, ...] | None:
        """Eight xy numbers (red, green, blue, white) of a linear space of a well-known gamut, else None."""
        canonical = self.require(space)
        if not self.is_linear(canonical):
            return None
        return next((xy for stem, xy in _PRIMARIES.items() if canonical in self._spaces_of(stem)), None)

    @property
    def works_in_acescg(self) -> bool:
        """Whether the working space has ACEScg's primaries; False too where the config cannot tell.

        Judged by what the config makes of them in its `aces_interchange` space (ACES2065-1).
        """
        interchange = self.find("aces_interchange")
        if interchange is None:
            return False
        primaries = self.convert(np.eye(3, dtype=np.float32)[None], self.working, interchange)[0]
        return bool(np.allclose(primaries, _AP1_IN_AP0, atol=2e-3))

    def attributes(self, space: str) -> dict[str, Any]:
        """What a file in this space says of it: `chromaticities` and `colorInteropID`, each where it is known."""
        xy, interop = self.chromaticities(space), self.interop_id(space)
        return ({"chromaticities": xy} if xy else {}) | ({"colorInteropID": interop} if interop else {})

    def space_of_chromaticities(self, xy: tuple[float, ...]) -> str | None:
        """The linear space with these chromaticities (within 0.001), where gamut and config are known."""
        for stem, known in _PRIMARIES.items():
            if len(xy) == 8 and np.allclose(xy, known, atol=1e-3):
                return next(iter(self._spaces_of(stem)), None)
        return None

    def _spaces_of(self, stem: str) -> list[str]:
        return [found for name in (f"{stem}_scene", stem) if (found := self.find(name))]

    @property
    def luminance_weights(self) -> Array:
        """(3,) weights of the working space's red, green and blue in relative luminance; they sum to 1."""
        xy = self.chromaticities(self.working)
        if xy:
            return _luminance_of(xy)
        if not self.linear_rec709:
            return _REC709_LUMINANCE
        primaries = self.convert(np.eye(3, dtype=np.float32)[None], self.working, self.linear_rec709)[0]
        weights: Array = primaries @ _REC709_LUMINANCE
        return np.asarray(weights / weights.sum(), np.float32)

    def convert(self, rgb: Array, source: str, target: str) -> Array:
        """A new array in `target`; an exact copy where both are the same space, or either is data."""
        source, target = self.require(source), self.require(target)
        out = np.empty_like(rgb, order="C")
        self._into(self._processor(source, target), rgb, out)
        return out

    def convert_rgb(self, pixels: Array, source: str, target: str) -> Array:
        """As `convert`, of (H, W, 3) or (H, W, 4) into a new (H, W, 3)."""
        out = np.empty((*pixels.shape[:2], 3), np.float32)
        self._into(self._processor(self.require(source), self.require(target)), pixels, out)
        return out

    def srgb(self, rgb: Array) -> Array:
        """Working space to plain sRGB code values, clipped to 0..1: for metrics and textures, not for viewing."""
        out = self.convert(rgb, self.working, self._require_texture())
        np.clip(out, 0.0, 1.0, out=out)
        return out

    def from_srgb(self, rgb: Array) -> Array:
        """sRGB code values in 0..1 to the working space."""
        return self.convert(rgb, self._require_texture(), self.working)

    def display(self, rgb: Array) -> Array:
        """Working space to code values in 0..1 for a person to look at, by the config's default display and view.

        The view is sampled once into a 65-cube over log2 of 2^-8..2^7, since an ACES 2.0 view takes a second a
        frame; the error is below one 8-bit step for smooth views.
        """
        with self._lock:
            if self._display is None:
                self._display = self._baked_display()
        out = np.empty((*rgb.shape[:2], 3), np.float32)
        self._into(self._display, np.ascontiguousarray(rgb), out)
        np.clip(out, 0.0, 1.0, out=out)
        return out

    def _require_texture(self) -> str:
        if self.texture is None:
            hint = "add one with the alias srgb_texture"
            raise UnknownColorSpace("has no sRGB texture space", where=f"config {self.name}", hint=hint)
        return self.texture

    def _processor(self, source: str, target: str) -> ocio.CPUProcessor | None:
        """The conversion between two of the config's own names; None where nothing changes."""
        with self._lock:
            if (source, target) not in self._processors:
                self._processors[source, target] = self._make(source, target)
            return self._processors[source, target]

    def _make(self, source: str, target: str) -> ocio.CPUProcessor | None:
        if source == target:
            return None
        try:
            processor = self._config.getProcessor(self._context, source, target)
            return None if processor.isNoOp() else processor.getDefaultCPUProcessor()
        except _OCIO_ERRORS as error:
            say = f"cannot convert {source!r} to {target!r} ({_first_line(error)})"
            raise BadInput(say, where=f"config {self.name}", hint="check its LUTs and ocio.context") from None

    def _baked_display(self) -> ocio.CPUProcessor:
        config = self._config
        display = config.getDefaultDisplay()
        view = ocio.DisplayViewTransform(
            src=self.working, display=display, view=config.getDefaultView(display, self.working)
        )
        both = config.getProcessor(ocio.GroupTransform(self.sampled(view)))
        return both.getDefaultCPUProcessor()

    def sampled(self, view: ocio.Transform) -> list[ocio.Transform]:
        """A view of the working space, sampled: a shaper over log2 of 2^-8..2^7, then a 65-cube. For `core.media`."""
        exact = self._config.getProcessor(
            self._context, view, ocio.TRANSFORM_DIR_FORWARD
        ).getDefaultCPUProcessor()
        key = exact.getCacheID()  # of all that it computes with, LUTs in files too
        with _baked_lock:
            if key not in _baked:
                while len(_baked) >= _BAKED_MOST:
                    del _baked[next(iter(_baked))]
                _baked[key] = self._sampled(exact)
            return _baked[key]

    def _sampled(self, exact: ocio.CPUProcessor) -> list[ocio.Transform]:
        edge = _DISPLAY_EDGE
        axis = np.exp2(np.linspace(0, 1, edge, dtype=np.float32) * 15 - 8) - np.float32(2.0**-8)
        blue, green, red = np.meshgrid(axis, axis, axis, indexing="ij")
        grid = np.ascontiguousarray(np.stack([red, green, blue], -1).reshape(edge * edge, edge, 3))
        cube = np.empty_like(grid)
        self._into(exact, grid, cube)
        lut = ocio.Lut3DTransform(gridSize=edge, interpolation=ocio.INTERP_TETRAHEDRAL)
        # OpenColorIO wants blue to run fastest; the grid above has red fastest.
        lut.setData(np.ascontiguousarray(cube.reshape(edge, edge, edge, 3).transpose(2, 1, 0, 3)).ravel())
        shaper = ocio.LogAffineTransform(
            logSideSlope=[1 / 15] * 3,
            logSideOffset=[8 / 15] * 3,
            linSideSlope=[1.0] * 3,
            linSideOffset=[2.0**-8] * 3,
        )
        return [shaper, lut]

    @property
    def raw(self) -> ocio.Config:
        """OpenColorIO's own object, for `core.media` alone."""
        return self._config

    @property
    def raw_context(self) -> ocio.Context:
        """The values of the config's variables, for `core.media` alone."""
        return self._context

    @staticmethod
    def _into(processor: ocio.CPUProcessor | None, source: Array, target: Array) -> None:
        """Convert `source` into `target`, in blocks of rows on several threads where the picture is large."""
        if processor is None:
            np.copyto(target, source[..., : target.shape[2]])
            return
        source = np.ascontiguousarray(source, np.float32)
        height, width = source.shape[:2]
        if not source.size:
            return

        def rows(first: int, last: int) -> None:
            processor.apply(_described(source[first:last]), _described(target[first:last]))

        in_blocks(rows, height, width)


def in_blocks(rows: Callable[[int, int], None], height: int, width: int) -> None:
    """Call for runs of rows (first, last), on several threads where the picture is large."""
    blocks = min(_THREADS, 1 + height * width // _BLOCK_PX, height)
    cuts = [height * n // blocks for n in range(blocks + 1)]
    if blocks == 1:
        rows(0, height)
    else:
        list(_pool.map(rows, cuts[:-1], cuts[1:]))


def _described(pixels: Array) -> ocio.PackedImageDesc:
    height, width, channels = pixels.shape
    return ocio.PackedImageDesc(pixels, width, height, channels)


def _luminance_of(xy: tuple[float, ...]) -> Array:
    """Relative luminance of each primary: the Y row of the normalised primary matrix (SMPTE RP 177)."""
    x, y = np.array(xy[0::2]), np.array(xy[1::2])
    xyz = np.stack([x / y, np.ones(4), (1 - x - y) / y])
    return np.linalg.solve(xyz[:, :3], xyz[:, 3]).astype(np.float32)


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return text.splitlines()[0][:200] if text else type(error).__name__
