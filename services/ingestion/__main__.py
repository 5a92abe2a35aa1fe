"""python -m services.ingestion run | relay | migrate | check"""

import sys

from services.chassis.roles import main

sys.exit(main("ingestion"))
