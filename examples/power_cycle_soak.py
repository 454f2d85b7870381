"""Power-cycles a device again and again and checks that it boots each time. Prints for about a minute.

Here the device is simulated; on a bench, `power` and `boot_time` would talk to the supply and the UART.
Usage: power_cycle_soak.py [cycles] [seconds per cycle]
"""

import random
import sys
import time

CYCLES = int(sys.argv[1]) if len(sys.argv) > 1 else 60
SECONDS = float(sys.argv[2]) if len(sys.argv) > 2 else 1.0
BOOT_LIMIT_MS = 480


def power(on: bool) -> None:
    print(f"  supply {'on ' if on else 'off'}", flush=True)


def boot_time(rng: random.Random) -> float:
    """Milliseconds from power-on to the first line on the UART."""
    return rng.gauss(310, 35)


def main() -> int:
    rng = random.Random(7)
    slow = 0
    for cycle in range(1, CYCLES + 1):
        print(f"cycle {cycle}/{CYCLES}")
        power(False)
        time.sleep(SECONDS / 2)
        power(True)
        ms = boot_time(rng)
        verdict = "ok" if ms <= BOOT_LIMIT_MS else "SLOW"
        slow += verdict == "SLOW"
        print(f"  booted in {ms:.0f} ms: {verdict}")
        time.sleep(SECONDS / 2)
    print(f"{CYCLES} cycles, {slow} slow boots")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
