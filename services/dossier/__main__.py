"""python -m services.dossier run | relay | migrate | check"""

import sys

from services.chassis.roles import main

sys.exit(main("dossier"))
