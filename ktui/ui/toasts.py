"""Toasts: what was said once stands there once."""

from __future__ import annotations

from textual.app import App
from textual.notifications import SeverityLevel


class ToastingApp(App[None]):
    """Shows each message once at a time. Three of the same covered half of 80x24."""

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = True,
    ) -> None:
        """The same words again take the place of those that are still there."""
        for each in list(self._notifications):
            if (each.message, each.title, each.severity) == (message, title, severity):
                self._unnotify(each)
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)
