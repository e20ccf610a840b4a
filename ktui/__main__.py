"""`python -m ktui` is the same as `ktui`."""

import sys

from ktui.cli import main

sys.exit(main())
