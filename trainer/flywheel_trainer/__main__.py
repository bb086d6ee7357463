"""`python -m flywheel_trainer JOB_FOLDER`."""

import sys

from flywheel_trainer.run import main

if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
