"""python -m services.access run | relay | migrate | check"""

import sys

from services.chassis.roles import main

sys.exit(main("access"))
