"""`python -m tallystick`: the command line without an installed script."""

from tallystick.cli import main

main()
