"""Pictures drawn by the GPU: halves go up as they are, OpenColorIO's shader makes them light for the screen."""

from __future__ import annotations

import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from PySide6.QtCore import QRectF, Signal
from PySide6.QtGui import QMatrix4x4, QOffscreenSurface, QOpenGLContext, QSurfaceFormat
from PySide6.QtOpenGL import (
    QOpenGLPixelTransferOptions,
    QOpenGLShader,
    QOpenGLShaderProgram,
    QOpenGLTexture,
    QOpenGLVertexArrayObject,
)
from PySide6.QtOpenGLWidgets import QOpenGLWidget
from PySide6.QtWidgets import QWidget

from pai_studio.core.media.shader import Shader, Texture
from pai_studio.ui.panel import style
from pai_studio.ui.panel.pictures.shown import Proxy
from pai_studio.ui.panel.viewer.sight import Sight

_SWITCH = "PAI_PANEL_GL"
_SOFTWARE = ("llvmpipe", "softpipe", "swiftshader", "software", "gdi generic")
_MOST_TEXTURES = 6
_MOST_PROGRAMS = 8
_RENDERER, _COLOR_BIT, _SCISSOR_TEST = 0x1F01, 0x4000, 0x0C11
_TRIANGLE_STRIP, _UNPACK_ALIGNMENT = 0x0005, 0x0CF5

_VERTEX = """#version 330
uniform vec4 pai_place;  // left, top, width, height of the picture in the viewport, top down, as shares of it
out vec2 pai_at;
void main()
{
  pai_at = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  vec2 there = pai_place.xy + pai_at * pai_place.zw;
  gl_Position = vec4(there.x * 2.0 - 1.0, 1.0 - there.y * 2.0, 0.0, 1.0);
}
"""
_FRAGMENT = """
uniform sampler2D pai_picture;
in vec2 pai_at;
out vec4 pai_out;
void main() { pai_out = pai_screen(texture(pai_picture, pai_at)); }
"""


@dataclass(frozen=True)
class Lit:
    """A picture and the shader that shows it."""

    proxy: Proxy
    shader: Shader


def wanted_format() -> QSurfaceFormat:
    """OpenGL 3.3, core."""
    wanted = QSurfaceFormat()
    wanted.setVersion(3, 3)
    wanted.setProfile(QSurfaceFormat.OpenGLContextProfile.CoreProfile)
    return wanted


@cache
def why_not() -> str:
    """Why the GPU is not used; empty where it is. `PAI_PANEL_GL=0` forbids it, `1` takes a software one too."""
    chosen = os.environ.get(_SWITCH, "")
    if chosen == "0":
        return f"{_SWITCH}=0"
    context, surface = QOpenGLContext(), QOffscreenSurface()
    context.setFormat(wanted_format())
    surface.setFormat(wanted_format())
    surface.create()
    if not context.create() or not context.makeCurrent(surface):
        return "there is no OpenGL here"
    try:
        if context.format().version() < (3, 3):
            return "OpenGL is older than 3.3"
        renderer = str(context.functions().glGetString(_RENDERER))
        is_soft = any(word in renderer.lower() for word in _SOFTWARE)
        return f"{renderer} is no GPU" if is_soft and chosen != "1" else ""
    finally:
        context.doneCurrent()


class GlSurface(QOpenGLWidget):
    """One picture, or two with a line between them. `broken` tells why it cannot go on: the CPU takes over then."""

    is_gpu = True
    broken = Signal(str)
    painted = Signal()
    """What was given last is on the screen."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.frameSwapped.connect(self.painted)
        self.setFormat(wanted_format())
        self._sight = Sight()
        self._pictures: Sequence[Lit] = ()
        self._wipe = 1.0
        self._textures: OrderedDict[int, tuple[Proxy, QOpenGLTexture]] = OrderedDict()
        self._programs: OrderedDict[str, _Program] = OrderedDict()
        self._points: QOpenGLVertexArrayObject | None = None
        self._is_broken = False

    def look_from(self, sight: Sight) -> None:
        """Draw from another place."""
        self._sight = sight
        self.update()

    def show_pictures(self, pictures: Sequence[Lit], wipe: float) -> None:
        """Draw these; of two, the first up to `wipe` of the width and the second from there on."""
        self._pictures, self._wipe = pictures, wipe
        self.update()

    def initializeGL(self) -> None:  # noqa: N802 - Qt's
        """A context has come, for the first time or anew after the window has moved to another one."""
        self._textures.clear()
        self._programs.clear()
        self._points = QOpenGLVertexArrayObject(self)
        self._points.create()
        self.context().aboutToBeDestroyed.connect(self._let_go)

    def paintGL(self) -> None:  # noqa: N802 - Qt's
        """The room, and the pictures over it."""
        gl = self.context().functions()
        room = style.DARK.base
        gl.glClearColor(room.redF(), room.greenF(), room.blueF(), 1.0)
        gl.glClear(_COLOR_BIT)
        if self._is_broken or self._points is None:
            return
        gl.glViewport(0, 0, self._sight.width, self._sight.height)
        self._points.bind()
        try:
            self._draw_all()
        except _CannotDraw as error:
            self._is_broken = True
            self.broken.emit(str(error))
        finally:
            self._points.release()

    def _draw_all(self) -> None:
        if len(self._pictures) == 1:
            self._draw(self._pictures[0])
        elif self._pictures:
            gl, sight = self.context().functions(), self._sight
            frame = sight.device_rect(sight.display)
            cut = round(frame.left() + self._wipe * frame.width())
            gl.glEnable(_SCISSOR_TEST)
            gl.glScissor(0, 0, max(cut, 0), sight.height)
            self._draw(self._pictures[0])
            gl.glScissor(cut, 0, max(sight.width - cut, 0), sight.height)
            self._draw(self._pictures[1])
            gl.glDisable(_SCISSOR_TEST)

    def _draw(self, lit: Lit) -> None:
        program = self._program(lit.shader)
        texture = self._texture(lit.proxy)
        sharp = QOpenGLTexture.Filter.Nearest if self._sight.is_nearest else QOpenGLTexture.Filter.Linear
        texture.setMinMagFilters(QOpenGLTexture.Filter.Linear, sharp)
        program.bind(lit.shader, texture, self._place(self._sight.device_rect(lit.proxy.display)))
        self.context().functions().glDrawArrays(_TRIANGLE_STRIP, 0, 4)
        program.release()

    def _place(self, target: QRectF) -> tuple[float, float, float, float]:
        wide, high = self._sight.width, self._sight.height
        return target.x() / wide, target.y() / high, target.width() / wide, target.height() / high

    def _program(self, shader: Shader) -> _Program:
        key = shader.key
        if key not in self._programs:
            self._programs[key] = _Program(shader)
            while len(self._programs) > _MOST_PROGRAMS:
                self._programs.popitem(last=False)[1].destroy()
        self._programs.move_to_end(key)
        return self._programs[key]

    def _texture(self, proxy: Proxy) -> QOpenGLTexture:
        key = id(proxy)
        if key not in self._textures:
            self._textures[key] = proxy, _uploaded_picture(proxy)
            while len(self._textures) > _MOST_TEXTURES:
                self._textures.popitem(last=False)[1][1].destroy()
        self._textures.move_to_end(key)
        return self._textures[key][1]

    def _let_go(self) -> None:
        self.makeCurrent()
        for _, texture in self._textures.values():
            texture.destroy()
        for program in self._programs.values():
            program.destroy()
        self._textures.clear()
        self._programs.clear()
        self.doneCurrent()


class _CannotDraw(Exception):
    """The GPU does not take a shader."""


class _Program:
    """A compiled shader with its tables on the GPU."""

    def __init__(self, shader: Shader) -> None:
        self._program = QOpenGLShaderProgram()
        kind = QOpenGLShader.ShaderTypeBit
        parts = ((kind.Vertex, _VERTEX), (kind.Fragment, f"#version 330\n{shader.text}\n{_FRAGMENT}"))
        taken = all(self._program.addShaderFromSourceCode(which, text) for which, text in parts)
        if not taken or not self._program.link():
            raise _CannotDraw(f"the GPU does not take the shader ({self._program.log().strip()[:200]})")
        self._tables = [(table.name, _uploaded_table(table)) for table in shader.textures]

    def bind(self, shader: Shader, picture: QOpenGLTexture, place: tuple[float, float, float, float]) -> None:
        """Make it the current one, with everything that it reads."""
        program = self._program
        program.bind()
        picture.bind(0)
        program.setUniformValue1i(program.uniformLocation("pai_picture"), 0)
        for unit, (name, table) in enumerate(self._tables, 1):
            table.bind(unit)
            program.setUniformValue1i(program.uniformLocation(name), unit)
        program.setUniformValue(program.uniformLocation("pai_place"), *place)
        program.setUniformValue(program.uniformLocation("pai_matrix"), QMatrix4x4(*shader.matrix))
        program.setUniformValue1f(program.uniformLocation("pai_power"), shader.power)

    def release(self) -> None:
        """Another one may come."""
        self._program.release()

    def destroy(self) -> None:
        """Give back what lies on the GPU."""
        for _, table in self._tables:
            table.destroy()
        self._program.removeAllShaders()


def _uploaded_picture(proxy: Proxy) -> QOpenGLTexture:
    height, width = proxy.pixels.shape[:2]
    texture = QOpenGLTexture(QOpenGLTexture.Target.Target2D)
    texture.setFormat(QOpenGLTexture.TextureFormat.RGBA16F)
    texture.setSize(width, height)
    _fill(texture, proxy.pixels, QOpenGLTexture.PixelFormat.RGBA, QOpenGLTexture.PixelType.Float16)
    return texture


def _uploaded_table(table: Texture) -> QOpenGLTexture:
    depth, height, width, channels = table.values.shape
    is_cube = table.dimensions == 3
    texture = QOpenGLTexture(QOpenGLTexture.Target.Target3D if is_cube else QOpenGLTexture.Target.Target2D)
    formats, sources = QOpenGLTexture.TextureFormat, QOpenGLTexture.PixelFormat
    texture.setFormat(formats.R32F if channels == 1 else formats.RGB32F)
    texture.setSize(width, height, depth)
    _fill(
        texture, table.values, sources.Red if channels == 1 else sources.RGB, QOpenGLTexture.PixelType.Float32
    )
    kind = QOpenGLTexture.Filter.Linear if table.is_linear else QOpenGLTexture.Filter.Nearest
    texture.setMinMagFilters(kind, kind)
    return texture


def _fill(
    texture: QOpenGLTexture,
    values: np.ndarray[Any, Any],
    layout: QOpenGLTexture.PixelFormat,
    kind: QOpenGLTexture.PixelType,
) -> None:
    whole = np.ascontiguousarray(values)
    texture.setMipLevels(1)
    texture.allocateStorage(layout, kind)
    texture.setWrapMode(QOpenGLTexture.WrapMode.ClampToEdge)
    tight = QOpenGLPixelTransferOptions()
    tight.setAlignment(1)
    texture.setData(layout, kind, whole, tight)  # type: ignore[call-overload] # any buffer is taken
