"""gradspec: the training rules of deep networks, as formulas, as slow truth and as fast code."""

from pathlib import Path as _Path

_here = _Path(__file__).resolve().parent
if not (_here / "spec").is_dir():  # a checkout whose links were lost (zip, Windows)
    __path__.append(str(_here.parents[1]))


def __getattr__(name: str) -> str:
    """Return the installed version for `__version__`, read only when somebody asks."""
    if name == "__version__":
        from importlib.metadata import version

        return version("gradspec")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
