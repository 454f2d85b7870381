"""Waits for a device that never answers. Submit it with a short timeout, or cancel it."""

import time

print("waiting for the device to say READY on the UART …", flush=True)
waited = 0
while True:
    time.sleep(10)
    waited += 10
    print(f"still waiting after {waited} s", flush=True)
