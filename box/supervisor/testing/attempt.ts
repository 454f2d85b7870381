import { execFile, execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { copyFile, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { CLAIM_TOKEN, Collector, type Order } from './collector'
import { endEverything, until } from './processes'

const SUPERVISOR = join(import.meta.dirname, '..')
export const PYTHON = process.env.STOUT_TEST_PYTHON ?? '/usr/bin/python3'

/** A Python that has pip: the one that all tests use, or another one of this machine. */
export const PYTHON_WITH_PIP = [PYTHON, 'python3'].map(withPip).find((python) => python !== undefined)

function withPip(name: string): string | undefined {
  try {
    return execFileSync(name, ['-c', 'import pip, sys; print(sys.executable)'], { stdio: 'pipe' }).toString().trim()
  } catch {
    return undefined
  }
}

/** One attempt on a "box" that is a fresh temporary directory, launched as the runtime would launch it. */
export class Attempt {
  giveUpSeconds = 60
  python = PYTHON
  /** The authority that signed the collector's certificate, as PEM. */
  ca: string | null = null
  launchVariable: string | undefined
  /** Travels after the supervisor's own files. */
  damage = ''
  /** What the runtime gives besides the usual. */
  boxEnvironment: Record<string, string> = {}

  private constructor(
    readonly collector: Collector,
    /** The box's directory for temporary files; the attempt's own is below it. */
    readonly tmp: string,
    /** The tag that every process of the script starts with. */
    readonly processId: string,
  ) {}

  /** Listens, and launches unless `launch` is false. Everything is ended with the test, however that ends. */
  static async start(
    script: string,
    options: Partial<Order> & { launch?: boolean; python?: string; tls?: Collector['tls'] } = {},
  ): Promise<Attempt> {
    const { launch = true, python = PYTHON, tls, ...order } = options
    const collector = new Collector({
      script,
      args: [],
      env: {},
      graceSeconds: 1,
      remainingSeconds: 600,
      noOutputTimeoutSeconds: null,
      spoolBytes: 1 << 30,
      lock: null,
      ...order,
    })
    collector.tls = tls
    await collector.listen()
    const attempt = new Attempt(collector, await mkdtemp(join(tmpdir(), 'supervisor-test-')), randomUUID())
    onTestFinished(() => attempt.tearDown())
    attempt.python = python
    if (launch) await attempt.launch()
    return attempt
  }

  /** Runs the launcher as the runtime does, and resolves when it has ended. */
  async launch(python = this.python): Promise<{ code: number; output: string }> {
    const module = await mkdtemp(join(this.tmp, 'module-'))
    await copyFile(join(SUPERVISOR, 'main.py'), join(module, 'main.py'))
    await writeFile(join(module, 'program'), Buffer.concat([await program(), Buffer.from(this.damage)]))
    await writeFile(join(module, 'launch.json'), JSON.stringify(this.settings))
    const env = {
      PATH: process.env.PATH ?? '',
      TMPDIR: this.tmp,
      ...this.boxEnvironment,
      LAGER_BOX_ID: 'bench-7',
      LAGER_PROCESS_ID: this.processId,
      STOUT_LAUNCH: this.launchVariable ?? `${this.collector.jobId}/1`,
    }
    const ended = await run(python, ['-u', 'main.py'], { cwd: module, env })
    await rm(module, { recursive: true })
    return ended
  }

  /** Launches another attempt on the same box, whose files are then found by this one. */
  async launchBeside(other: Attempt): Promise<void> {
    other.boxEnvironment = { ...other.boxEnvironment, TMPDIR: this.tmp }
    await other.launch()
  }

  /** The attempt's own directory, once there is one. */
  async directory(): Promise<string | undefined> {
    const name = (await readdir(this.tmp)).find((entry) => entry.startsWith('stout-job_'))
    return name === undefined ? undefined : join(this.tmp, name)
  }

  /** Puts an empty file into the script's directory: how a test tells a script to go on. */
  async putIntoJob(name: string): Promise<void> {
    await writeFile(join((await this.directory()) ?? '', 'job', name), '')
  }

  /** Resolves when the attempt is closed and its directory is gone. */
  async closed(): Promise<void> {
    await until('done', () => this.collector.dones.length > 0).catch(async (error: Error) => {
      throw new Error(`${error.message}; the supervisor says: ${await this.supervisorLog()}`)
    })
    await until('an empty box', async () => (await this.directory()) === undefined)
  }

  /** What the supervisor said of its own troubles. */
  async supervisorLog(): Promise<string> {
    return await readFile(join((await this.directory()) ?? '', 'supervisor.log'), 'utf8').catch(() => 'nothing')
  }

  /** Ends what a failed test may have left. */
  private async tearDown(): Promise<void> {
    await endEverything(this.tmp, this.processId)
    await this.collector.stop()
    await rm(this.tmp, { recursive: true, force: true })
  }

  private get settings() {
    return {
      url: this.collector.url,
      jobId: this.collector.jobId,
      attempt: 1,
      installation: 'test',
      processId: this.processId,
      claimToken: CLAIM_TOKEN,
      giveUpSeconds: this.giveUpSeconds,
      ca: this.ca,
    }
  }
}

/** The supervisor's files in one, as they travel to a box. */
async function program(): Promise<Buffer> {
  const names = (await readdir(SUPERVISOR)).filter((name) => name.endsWith('.py') && name !== 'main.py')
  const files = await Promise.all(names.map(async (name) => ({ name, bytes: await readFile(join(SUPERVISOR, name)) })))
  return Buffer.concat(files.flatMap(({ name, bytes }) => [Buffer.from(`${name} ${bytes.length}\n`), bytes]))
}

/** Runs a program to its end with nothing of this environment but what is given. */
export function run(
  file: string,
  args: string[],
  options: { cwd: string; env: Record<string, string> },
): Promise<{ code: number; output: string }> {
  const env = options.env as NodeJS.ProcessEnv // the framework's types want a NODE_ENV, which no box has
  return new Promise((resolve) => {
    execFile(file, args, { cwd: options.cwd, env }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, output: stdout + stderr })
    })
  })
}
