"""The console script's door."""

from kpictl.cli.main import main

if __name__ == "__main__":
    main()
