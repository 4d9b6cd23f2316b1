"""What a GPU needs to show pictures as `display` does: GLSL text, tables as textures, uniforms. Plain data.

Exposure, gamma and the channel are uniforms, so that changing them compiles nothing anew. Light is kept within what a
half holds: a code far beyond a log curve's white is no number otherwise.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import PyOpenColorIO as ocio

from pai_studio.core.media.frame import Array

Language = Literal["glsl 1.30", "glsl 4.00", "glsl es 3.00"]
_LANGUAGES: dict[Language, ocio.GpuLanguage] = {
    "glsl 1.30": ocio.GPU_LANGUAGE_GLSL_1_3,
    "glsl 4.00": ocio.GPU_LANGUAGE_GLSL_4_0,
    "glsl es 3.00": ocio.GPU_LANGUAGE_GLSL_ES_3_0,
}
_MAIN = """
uniform mat4 pai_matrix;
uniform float pai_power;

vec4 pai_screen(vec4 pixel)
{
  vec4 light = clamp(pai_linear(pixel), -65504.0, 65504.0);
  vec4 seen = pai_matrix * light;
  seen = pai_view(vec4(seen.rgb, 1.0));
  return vec4(pow(clamp(seen.rgb, 0.0, 1.0), vec3(pai_power)), 1.0);
}
"""


@dataclass(frozen=True)
class Texture:
    """A table: float32 `values` (depth, height, width, channels), clamped at its edges, 1 or 3 channels.

    A sampler2D where `dimensions` is 2 (depth 1), a sampler3D where it is 3; `name` is the sampler's in the text.
    """

    name: str
    dimensions: int
    values: Array
    is_linear: bool


@dataclass(frozen=True)
class Shader:
    """`text` declares everything and defines `vec4 pai_screen(vec4 pixel)`; it has neither #version nor precision.

    `matrix` (the uniform mat4 `pai_matrix`) has 16 numbers, row by row, `power` is the uniform float `pai_power`. The
    same `key` is the same text and textures, whatever the uniforms.
    """

    text: str
    textures: tuple[Texture, ...]
    matrix: tuple[float, ...]
    power: float

    @property
    def key(self) -> str:
        """What has to be compiled and uploaded."""
        values = hashlib.sha256(self.text.encode())
        for texture in self.textures:
            values.update(texture.values.tobytes())
        return values.hexdigest()

    @property
    def uniforms(self) -> Mapping[str, float | tuple[float, ...]]:
        """The uniforms by name, without the samplers."""
        return {"pai_matrix": self.matrix, "pai_power": self.power}


def shader_of(
    linear: ocio.Processor | None,
    view: ocio.Processor | None,
    matrix: tuple[float, ...],
    power: float,
    language: Language,
) -> Shader:
    """The shader of the two conversions, either None where nothing is converted."""
    parts = [_part(linear, "pai_linear", language), _part(view, "pai_view", language)]
    text = "".join(part for part, _ in parts) + _MAIN
    return Shader(text, tuple(one for _, found in parts for one in found), matrix, power)


def _part(processor: ocio.Processor | None, name: str, language: Language) -> tuple[str, list[Texture]]:
    if processor is None or processor.isNoOp():
        return f"\nvec4 {name}(vec4 pixel)\n{{\n  return pixel;\n}}\n", []
    asked = ocio.GpuShaderDesc.CreateShaderDesc(
        language=_LANGUAGES[language], functionName=name, resourcePrefix=f"{name}_"
    )
    asked.setAllowTexture1D(False)
    processor.getDefaultGPUProcessor().extractGpuShaderInfo(asked)
    flat = [_flat(one) for one in asked.getTextures()]
    return asked.getShaderText(), flat + [_cube(one) for one in asked.get3DTextures()]


def _flat(one: ocio.GpuShaderDesc.Texture) -> Texture:
    channels = 1 if one.channel == ocio.GpuShaderDesc.TEXTURE_RED_CHANNEL else 3
    values = np.asarray(one.getValues(), np.float32).reshape(1, one.height, one.width, channels)
    return Texture(one.samplerName, 2, values, one.interpolation != ocio.INTERP_NEAREST)


def _cube(one: ocio.GpuShaderDesc.Texture3D) -> Texture:
    edge = one.edgeLen
    values = np.asarray(one.getValues(), np.float32).reshape(edge, edge, edge, 3)
    return Texture(one.samplerName, 3, values, one.interpolation != ocio.INTERP_NEAREST)
