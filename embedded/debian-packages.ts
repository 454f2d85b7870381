import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { run } from './process'
import { step } from './progress.mjs'

const APT_TIMEOUT_MS = 600_000
export const NOTHING_FETCHED = 'apt-get download brought nothing (no Debian, or no network)'

/** Installs a package, as root. @returns whether it worked */
export async function aptInstall(name: string): Promise<boolean> {
  return await step(`Installing ${name} (Debian package)`, async () => {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const install = ['apt-get', 'install', '-y', '-q', '--no-install-recommends', name]
    if ((await run(install, { env, timeoutMs: APT_TIMEOUT_MS })).code === 0) return true
    await run(['apt-get', 'update', '-q'], { env, timeoutMs: APT_TIMEOUT_MS })
    return (await run(install, { env, timeoutMs: APT_TIMEOUT_MS })).code === 0
  })
}

/**
 * Downloads packages and unpacks them into `<folder>/root`, as any user. With lists of its own where the machine's are missing
 * or too old, since only root may refresh those.
 *
 * @param names which packages, asked with the options that apt needs to use the lists at hand
 * @returns whether there was anything to unpack
 */
export async function unpackPackages(
  folder: string,
  names: (options: readonly string[]) => Promise<string[]>,
): Promise<boolean> {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(path.join(folder, 'lists', 'partial'), { recursive: true })
  mkdirSync(path.join(folder, 'cache', 'archives', 'partial'), { recursive: true })
  const options = [
    `Dir::State::Lists=${folder}/lists`,
    `Dir::Cache=${folder}/cache`,
    'Debug::NoLocking=1',
    'APT::Sandbox::User=',
  ]
  const own = options.flatMap((option) => ['-o', option])
  for (const lists of [[], own]) {
    if (lists.length) await run(['apt-get', ...lists, 'update', '-q'], { cwd: folder, timeoutMs: APT_TIMEOUT_MS })
    const wanted = await names(lists)
    const download = ['apt-get', ...lists, 'download', '-q', ...wanted]
    if (wanted.length && (await run(download, { cwd: folder, timeoutMs: APT_TIMEOUT_MS })).code === 0) break
  }
  const packages = readdirSync(folder).filter((name) => name.endsWith('.deb'))
  for (const name of packages) await run(['dpkg', '-x', name, 'root'], { cwd: folder })
  for (const name of ['lists', 'cache', ...packages]) rmSync(path.join(folder, name), { recursive: true, force: true })
  return packages.length > 0
}
