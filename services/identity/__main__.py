"""python -m services.identity run | relay | migrate | check"""

import sys

from services.chassis.roles import main

sys.exit(main("identity"))
