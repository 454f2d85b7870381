"""Fails the way tests on a bench fail: some lines of progress, an error on stderr, an exit code."""

import sys

print("measuring the 3.3 V rail")
volts = 2.91
print(f"rail: {volts} V")
if volts < 3.2:
    print(f"FAIL: the 3.3 V rail is at {volts} V, expected 3.2 to 3.4 V", file=sys.stderr)
    sys.exit(2)
