"""The form of the current shot: prompt, still, plate, mattes, engine, finish, delivery."""

from pai_studio.ui.panel.forms.form import ShotForm

__all__ = ["ShotForm"]
