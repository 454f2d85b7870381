"""Checks a simulated supply and keeps the results as a JUnit XML report in $STOUT_ARTIFACTS. Fails, as one check does."""

import os
import pathlib
import sys

from junit import Report

CHECKS = {"rail_3v3": (3.31, 3.3), "rail_1v8": (1.79, 1.8), "rail_5v0": (4.61, 5.0)}
TOLERANCE = 0.05


def main() -> int:
    report = Report("supply")
    for name, (measured, wanted) in CHECKS.items():
        with report.case(name):
            print(f"{name}: {measured} V", flush=True)
            if abs(measured - wanted) > TOLERANCE * wanted:
                raise AssertionError(f"{measured} V is not within 5 % of {wanted} V")
    report.write(pathlib.Path(os.environ.get("STOUT_ARTIFACTS", ".")) / "junit.xml")
    print(f"{report.failures} of {len(CHECKS)} checks failed")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
