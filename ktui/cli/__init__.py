"""The command line: what was typed becomes a Config, a ProxyClient, a Sandbox and an App. No logic lives here.

Everything is imported late, so that `--version` and `--help` answer before anything heavy is loaded: each command's
`parse` knows argparse only and returns the work to do, which loads the rest.
Exit codes: 0 as asked, 1 something went wrong, 2 the command line or the configuration is wrong, 130 interrupted.
"""

import sys
from collections.abc import Callable

Work = Callable[[], int]


def main(argv: list[str] | None = None) -> int:
    """Do what the arguments ask for and return the exit code. Foreseen trouble is one sentence on stderr."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] in (["--version"], ["-V"]):
        from ktui import __version__

        print("ktui", __version__)
        return 0

    work = parse(arguments)
    from ktui.errors import ConfigError, KtuiError

    try:
        return work()
    except KtuiError as error:
        print(f"ktui: {error}", file=sys.stderr)
        return 2 if isinstance(error, ConfigError) else 1
    except KeyboardInterrupt:
        return 130


def parse(arguments: list[str]) -> Work:
    """Let the first word choose the command; without one it is the app itself. Leaves with 2 on wrong usage."""
    match arguments:
        case ["demo", *rest]:
            from ktui.cli import demo

            return demo.parse(rest)
        case ["sandbox", *rest]:
            from ktui.cli import sandbox

            return sandbox.parse(rest)
        case ["gateway", *rest]:
            from ktui.cli import gateway

            return gateway.parse(rest)
        case ["doctor", *rest]:
            from ktui.cli import doctor

            return doctor.parse(rest)
        case ["config", *rest]:
            from ktui.cli import config

            return config.parse(rest)
    from ktui.cli import open

    return open.parse(arguments)
