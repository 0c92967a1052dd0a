"""``python -m samplew_gbm`` is the command ``samplew``."""

from samplew_gbm.cli import main

if __name__ == "__main__":
    main()
