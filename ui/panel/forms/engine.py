"""Which engine fills the shot, how, and what that will take."""

from __future__ import annotations

import random
from dataclasses import replace

from PySide6.QtWidgets import QToolButton, QWidget

from pai_studio.core.shot.document import Shot
from pai_studio.ui.panel.forms import keys, numbers
from pai_studio.ui.panel.forms.choices import ChoiceField
from pai_studio.ui.panel.forms.current import Current
from pai_studio.ui.panel.forms.facts import Facts
from pai_studio.ui.panel.forms.fields import NumberField, Tone, show_note, small_note
from pai_studio.ui.panel.forms.section import Section
from pai_studio.ui.panel.state import edits
from pai_studio.ui.panel.state.cost import Estimate, Model, estimate

_AUTO = "auto"
_QUALITIES = (("final", "Final"), ("preview", "Preview"))
_MOST_SEED = 2**31 - 1


class EngineSection(Section):
    """Its choices follow what the server has; the estimate follows the shot."""

    def __init__(self, current: Current, facts: Facts, parent: QWidget | None = None) -> None:
        super().__init__("Engine", current.studio.memory, parent=parent)
        self._current, self._facts = current, facts
        self._offered: list[tuple[str, str]] = []
        name = keys.of_part(
            "engine", "name", "Engine", "Who fills the background; auto takes the best that runs there"
        )
        self.name = ChoiceField(current, name, ())
        quality = keys.of_part(
            "engine", "quality", "Quality", "A preview is quick; a final is what is delivered"
        )
        self.quality = ChoiceField(current, quality, _QUALITIES)
        model = keys.of_part("engine", "model", "Model", "Of an engine that runs one")
        self.model = ChoiceField(current, model, ())
        steps = keys.of_part("engine", "steps", "Steps", "Of sampling, for engines that run a model")
        self.steps = NumberField(current, steps, numbers.whole)
        seed = keys.of_part("engine", "seed", "Seed", "The same seed makes the same pictures")
        self.seed = NumberField(current, seed, numbers.whole)
        self.dice = QToolButton()
        self.dice.setText("⚄")
        self.dice.setToolTip("Another seed")
        self.dice.setAccessibleName("Another seed")
        self.seed.put_beside(self.dice)
        self.dice.clicked.connect(self._throw)
        for field in (self.name, self.quality, self.model, self.steps, self.seed):
            self.add(field)
        self.cost = small_note(self)
        self.cost.setAccessibleName("What it will take")
        self.add_beside(self.cost)
        facts.renderer_changed.connect(self._offer)
        facts.plate_changed.connect(self._estimate)
        for signal in (current.shot_changed, current.replaced):
            signal.connect(self._show)
        self._offer()

    @property
    def estimated(self) -> Estimate | None:
        """What is said of the shot now."""
        shot = self._current.shot
        if shot is None:
            return None
        engine, model = self._runs(shot)
        found = estimate(shot, engine, model, self._facts.renderer.machine, self._facts.plate.size)
        if engine != shot.engine.name:
            found = replace(found, lines=(f"Here auto takes {engine}.", *found.lines))
        return found

    def _offer(self) -> None:
        renderer = self._facts.renderer
        self.name.offer([(_AUTO, "auto"), *((one, one) for one in renderer.engines)])
        self.name.say(renderer.absent)
        self._show()

    def _show(self) -> None:
        self._offer_models()
        self._estimate()

    def _offer_models(self) -> None:
        shot = self._current.shot
        if shot is None:
            return
        fitting = [one for one in self._facts.renderer.models if shot.engine.name in (_AUTO, one.engine)]
        told = [(one.name, one.name if one.is_trained else f"{one.name} (untrained)") for one in fitting]
        choices = [("", "the engine's own choice"), *told]
        if choices != self._offered:
            self._offered = choices
            self.model.offer(choices)

    def _runs(self, shot: Shot) -> tuple[str, Model | None]:
        """The engine and the model that the shot would run, as far as this machine can tell."""
        engine = self._facts.renderer.auto if shot.engine.name == _AUTO else shot.engine.name
        models = [one for one in self._facts.renderer.models if one.engine == engine]
        named = [one for one in models if one.name == shot.engine.model]
        trained = [one for one in models if one.is_trained]
        return engine, next(iter(named or trained), None)

    def _estimate(self) -> None:
        found = self.estimated
        tone: Tone = "bad" if found is not None and found.fits is False else "dim"
        show_note(self.cost, "\n".join(found.lines) if found is not None else "", tone)

    def _throw(self) -> None:
        seed = random.randint(0, _MOST_SEED)  # noqa: S311 - no secret
        self._current.edit("Change seed", lambda shot: edits.set_keys(shot, "engine", seed=seed))
