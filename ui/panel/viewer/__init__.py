"""The viewer: pictures through OpenColorIO, compared, probed, framed over one another."""

from pai_studio.ui.panel.viewer.viewer import Viewer as Viewer
