"""What is shipped: the wheel holds all that is not Python too, the sdist rebuilds it, and the entry point starts."""

import os
import subprocess
import sys
import tarfile
from pathlib import Path
from zipfile import ZipFile

import pytest

from ktui import __version__

ROOT = Path(__file__).parents[1]

pytestmark = pytest.mark.packaging


def run(*command: str, cwd: Path, environ: dict[str, str] | None = None) -> str:
    ended = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=120, env=os.environ | (environ or {}), check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def build(source: Path, into: Path, *what: str) -> None:
    """Build without isolation: nothing is fetched, hatchling comes with the dev extra."""
    run(sys.executable, "-m", "build", "--no-isolation", *what, "--outdir", str(into), str(source), cwd=into)


def names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An sdist, and a wheel straight from the tree."""
    into = tmp_path_factory.mktemp("dist")
    build(ROOT, into, "--sdist", "--wheel")
    return into


@pytest.fixture(scope="module")
def wheel(dist: Path) -> Path:
    (found,) = dist.glob("*.whl")
    return found


def test_the_wheel_holds_every_module_theme_and_style(wheel: Path) -> None:
    expected = {
        str(path.relative_to(ROOT))
        for pattern in ("ktui/**/*.py", "ktui/**/*.tcss", "ktui/**/py.typed")
        for path in ROOT.glob(pattern)
    }
    themes = {f"ktui/themes/{path.name}" for path in (ROOT / "themes").glob("*.toml")}
    assert len(themes) >= 2
    assert "ktui/ui/ktui.tcss" in expected
    assert names(wheel) == expected | themes


def test_the_sdist_rebuilds_the_same_wheel(dist: Path, wheel: Path, tmp_path: Path) -> None:
    (sdist,) = dist.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path, filter="data")
    build(tmp_path / sdist.name.removesuffix(".tar.gz"), tmp_path, "--wheel")
    (rebuilt,) = tmp_path.glob("*.whl")
    assert names(rebuilt) == names(wheel)


def test_the_entry_point_starts_and_finds_its_themes(wheel: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    pip = (sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-compile")
    run(*pip, "--target", str(target), str(wheel), cwd=tmp_path)
    installed = {"PYTHONPATH": str(target)}
    assert run(str(target / "bin" / "ktui"), "--version", cwd=tmp_path, environ=installed) == f"ktui {__version__}\n"
    shown = run(
        sys.executable,
        "-c",
        "import ktui; from ktui.ui.theming import shipped; print(ktui.__file__, *(theme.name for theme in shipped()))",
        cwd=tmp_path,
        environ=installed,
    )
    assert shown.startswith(str(target))
    assert "ktui-dark" in shown
