import { setTimeout as delay } from 'node:timers/promises'

/** Looks again and again until it holds. The test's own time limit ends it. */
export async function eventually(holds: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await holds())) await delay(20)
}
