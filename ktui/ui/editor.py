"""The user's own editor for a piece of text, while the app steps aside."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from textual.app import App, SuspendNotSupported

from ktui.errors import KtuiError


class EditorError(KtuiError):
    """The text could not be edited; it is as it was."""


def edit(app: App[object], text: str, *, suffix: str = ".txt") -> str:
    """What the text is after `$VISUAL` or `$EDITOR` has been closed. The file is private and removed afterwards."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or "vi"
    descriptor, name = tempfile.mkstemp(prefix="ktui-", suffix=suffix)
    path = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        with app.suspend():
            code = subprocess.run([*shlex.split(command), name], check=False).returncode
        if code:
            raise EditorError(f"{command} ended with {code}: the text is as it was")
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except SuspendNotSupported as error:
        raise EditorError("an editor needs a terminal of its own, which is not there") from error
    except (OSError, ValueError) as error:
        raise EditorError(f"{command}: {error}") from error
    finally:
        path.unlink(missing_ok=True)
