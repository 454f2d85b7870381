import { readdir, readFile } from 'node:fs/promises'

export type Process = { pid: number; comm: string; cmdline: string; environ: string; state: string }

/** All processes that can be read, by looking into /proc. */
export async function processes(): Promise<Process[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(pids.map(readProcess))
  return found.filter((process) => process !== undefined)
}

async function readProcess(name: string): Promise<Process | undefined> {
  try {
    const [stat, cmdline] = await Promise.all([
      readFile(`/proc/${name}/stat`, 'utf8'),
      readFile(`/proc/${name}/cmdline`, 'utf8'),
    ])
    const environ = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '')
    const comm = stat.slice(stat.indexOf('(') + 1, stat.lastIndexOf(')'))
    return { pid: Number(name), comm, cmdline, environ, state: stat[stat.lastIndexOf(')') + 2] ?? '?' }
  } catch {
    return undefined // it ended meanwhile
  }
}

/** True while the process exists and is no zombie. */
export async function isAlive(pid: number): Promise<boolean> {
  const process = await readProcess(String(pid))
  return process !== undefined && process.state !== 'Z'
}

/** Processes of an attempt: supervisor and guard by the directory in their command line, the script's by their tag. */
export async function processesOf(tmp: string, processId: string): Promise<Process[]> {
  const all = await processes()
  return all.filter(
    ({ cmdline, environ, state }) =>
      state !== 'Z' && (cmdline.includes(`${tmp}/stout-`) || environ.includes(`LAGER_PROCESS_ID=${processId}`)),
  )
}

/** Ends what a failed test may have left. Finds it by the test's own directory and tag only. */
export async function endEverything(tmp: string, processId: string): Promise<void> {
  for (const { pid } of await processesOf(tmp, processId)) {
    try {
      process.kill(pid, 'SIGKILL')
    } catch {
      // it ended meanwhile
    }
  }
}

/** Polls until `check` holds. @throws Error naming what did not happen, long before the test's own limit would. */
export async function until(what: string, check: () => boolean | Promise<boolean>, withinMs = 90_000): Promise<void> {
  const limit = Date.now() + withinMs
  while (!(await check())) {
    if (Date.now() > limit) throw new Error(`waited in vain for: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
