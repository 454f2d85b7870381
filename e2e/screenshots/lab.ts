/** Jobs of an afternoon in a lab, as the pictures show them: what ended, what runs, what waits. */
import { isTerminal, type JobState } from '../../core/jobs/state'
import type { System } from '../connection'

export type Submission = { name: string; script: string } & Record<string, unknown>

const GIVE = `import json, os, random, sys, time
def give(**value):
    text = json.dumps(value)
    with open(os.environ["LAGER_OUTPUT_CHANNEL"], "w") as channel:
        channel.write(f"3 {len(text)} {text}")
random.seed(7)
`
const SOAK = `${GIVE}print("rig: rev C, supply on vdd, console on /dev/ttyUSB0")
print("firmware 2.4.1 (a41f9c2), bootloader 1.9")
for cycle in range(1, 2001):
    boot = random.gauss(312, 9) + (64 if cycle % 29 == 17 else 0)
    peak = 148 + random.gauss(0, 3) + min(cycle, 150) / 9
    verdict = "\\x1b[32mok\\x1b[0m" if boot < 350 else "\\x1b[33mslow\\x1b[0m"
    print(f"cycle {cycle:4}/2000  off 0.5 s  on  booted in {boot:5.1f} ms  peak {peak:5.1f} mA  {verdict}", flush=True)
    if boot >= 350: print(f"cycle {cycle}: boot took longer than 350 ms", file=sys.stderr, flush=True)
    if cycle % 4 == 1: give(boot_ms=round(boot, 1), peak_mA=round(peak, 1))
    time.sleep(0.06)
`
const wait = (seconds: number, text: string) => `import time\nprint(${JSON.stringify(text)})\ntime.sleep(${seconds})\n`
const REPORT = `import os, pathlib
out = pathlib.Path(os.environ["STOUT_ARTIFACTS"])
(out / "sweep.csv").write_text("MHz,dBm\\n" + "".join(f"{2400 + n},{-0.1 * n + 4:.1f}\\n" for n in range(84)))
(out / "summary.json").write_text('{"channels": 84, "worst_dBm": -4.3, "limit_dBm": -5.0}')
print("84 channels, worst -4.3 dBm, limit -5.0 dBm: pass")
`
const FAIL = `import sys
print("3.3 V rail: 2.91 V")
print("FAIL: expected 3.20 to 3.40 V", file=sys.stderr)
sys.exit(2)
`
const NIGHTLY = { labels: { suite: 'nightly', board: 'rev-c' } }

/** They end within seconds, one after the other. */
export const ENDED: readonly Submission[] = [
  { name: 'Flash firmware 2.4.1', script: wait(1.2, 'verified 512 kB'), target: { box: 'bench-1' }, ...NIGHTLY },
  {
    name: 'UART loopback, 3 Mbaud',
    script: wait(0.8, '1,000,000 bytes, 0 errors'),
    target: { group: 'lab-a' },
    ...NIGHTLY,
  },
  { name: 'Rail voltages after reset', script: FAIL, target: { box: 'bench-2' }, ...NIGHTLY },
  { name: 'RF output, 2400 to 2483 MHz', script: REPORT, requires: ['dut=nrf52840'], labels: { suite: 'rf' } },
  { name: 'Deep sleep current', script: wait(30, 'asleep'), target: { group: 'lab-b' }, timeoutSeconds: 2, ...NIGHTLY },
  {
    name: 'Thermocouple calibration',
    script: wait(1.6, 'offset 0.4 K'),
    requires: ['net:Thermocouple'],
    labels: { suite: 'calibration' },
  },
]
/** On a box that the soak leaves free. */
export const RUNNING: Submission = {
  ...{ name: 'Discharge curve, 18650', script: wait(600, 'load 500 mA'), target: { box: 'bench-3' } },
  ...{ labels: { suite: 'battery' }, timeoutSeconds: 7_200 },
}
/** The one that is looked at: lines and curves. */
export const WATCHED: Submission = {
  ...{ name: 'Power cycle soak, rev C', script: SOAK, target: { box: 'bench-1' } },
  ...{ labels: { suite: 'soak', board: 'rev-c' }, timeoutSeconds: 3_600, env: { CYCLES: '2000' } },
}
/** For boxes that are busy, or that there are not. */
export const WAITING: readonly Submission[] = [
  { name: 'Brown-out threshold', script: FAIL, target: { box: 'bench-1' }, ...NIGHTLY },
  { name: 'Modem firmware regression', script: FAIL, requires: ['dut=nrf9160'], labels: { suite: 'modem' } },
]

/** Submits jobs, and waits for them, by the API. */
export class Lab {
  constructor(private readonly system: System) {}

  async submit(submission: Submission): Promise<string> {
    return (await this.call<{ id: string }>('POST', '/jobs', submission)).id
  }

  /** @throws Error when `until` does not come within a minute */
  async wait(id: string, until: (state: JobState) => boolean = isTerminal): Promise<void> {
    for (let tries = 0; tries < 600; tries++) {
      const { state } = await this.call<{ state: JobState }>('GET', `/jobs/${id}`)
      if (until(state)) return
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error(`${id} does not get where the pictures want it`)
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(`${this.system.url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${this.system.apiToken}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    })
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as T
  }
}
