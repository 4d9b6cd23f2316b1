"""What a metric is called and means, and what every measure can do."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

from pai_studio.core.evaluation.judged import Facts
from pai_studio.core.evaluation.measures.view import View

Value = float | list[int | None] | None
"""What a metric says of a clip; None where it is not defined."""


@dataclass(frozen=True)
class Metric:
    """One number of a report: its name there, how it is printed, what it means and where it comes from."""

    key: str
    label: str
    unit: str
    better: Literal["higher", "lower", "zero"]
    digits: int
    needs_truth: bool
    definition: str
    source: str

    @property
    def mean_digits(self) -> int:
        """Decimals of a mean over clips: one where the values themselves are whole numbers."""
        return self.digits or 1


class Measure(ABC):
    """Takes the frames of a clip in ascending order and gives the values of its `metrics`, by their keys."""

    metrics: ClassVar[tuple[Metric, ...]]

    @abstractmethod
    def __init__(self, facts: Facts) -> None: ...

    @abstractmethod
    def add(self, view: View) -> None:
        """Take in one frame."""

    @abstractmethod
    def values(self) -> dict[str, Value]:
        """One value for each of `metrics`; None where it is not defined."""
