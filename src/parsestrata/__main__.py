"""`python -m parsestrata`: the commands."""

import sys

from parsestrata.cli.main import main

sys.exit(main())
