import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, statfsSync } from 'node:fs'

/** A file system of a few megabytes that can be full. */
export type SmallDisk = { fill(): void; empty(): void; unmount(): void }

const MARK = 'STOUT_CHAOS_OWN_MOUNTS'
/** Root needs no user namespace, and a mount namespace of its own is enough to leave no mount behind. */
const UNSHARE = ['unshare', process.getuid?.() === 0 ? '-m' : '-rm']

/** True where this process has a mount namespace of its own. */
const ownMounts = (): boolean => process.env[MARK] === 'yes'

/**
 * Runs this program once more where its mounts are its own and end with it, and returns that run's exit code; null when this is that
 * run, or when Linux refuses.
 */
export async function again(): Promise<number | null> {
  if (ownMounts()) return null
  const [unshare = '', ...flags] = UNSHARE
  const tried = spawnSync(unshare, [...flags, 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' })
  if (tried.status !== 0) return null
  const command = [...flags, process.execPath, ...process.execArgv, ...process.argv.slice(1)]
  const child = spawn(unshare, command, { stdio: 'inherit', env: { ...process.env, [MARK]: 'yes' } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal))
  return await new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** Mounts a file system at `dir`; null where this program may not. */
export function smallDisk(dir: string, megabytes: number): SmallDisk | null {
  mkdirSync(dir, { recursive: true, mode: 0o700 })
  if (!ownMounts()) return null
  mount('-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0700`, 'none', dir)
  return {
    /** No smaller than what is on it: full from here on. */
    fill() {
      for (let tries = 1; ; tries++) {
        const { blocks, bfree, bsize } = statfsSync(dir)
        try {
          return resize(dir, String((blocks - bfree) * bsize))
        } catch (error) {
          if (tries === 10) throw error // it grows while we look
        }
      }
    },
    empty: () => resize(dir, `${megabytes}m`),
    unmount: () => void spawnSync('umount', ['-l', dir], { stdio: 'ignore' }),
  }
}

/** Names a source: else mount(8) repeats the options that it finds, with ids that a user namespace does not know. */
const resize = (dir: string, size: string) => mount('-o', `remount,size=${size}`, 'none', dir)

function mount(...args: string[]): void {
  const { status, stderr } = spawnSync('mount', args, { encoding: 'utf8' })
  if (status !== 0) throw new Error(`mount ${args.join(' ')}: ${stderr}`)
}
