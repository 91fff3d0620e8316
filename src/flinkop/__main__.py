"""`python -m flinkop`."""

import sys

from flinkop.cli import main

sys.exit(main())
