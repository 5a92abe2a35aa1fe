"""python -m services.reporting run | migrate | check"""

import sys

from services.chassis.roles import main

sys.exit(main("reporting"))
