"""Maps the root folders to `pai_studio.*`; everything else is in pyproject.toml (see docs/adr/001)."""

from setuptools import find_packages, setup

TOPS = ("core", "server", "ui", "host_plugins")
PACKAGES = [p for top in TOPS for p in (top, *(f"{top}.{sub}" for sub in find_packages(top)))]

setup(
    package_dir={"pai_studio": "src/pai_studio", **{f"pai_studio.{top}": top for top in TOPS}},
    packages=["pai_studio", *(f"pai_studio.{name}" for name in PACKAGES)],
)
