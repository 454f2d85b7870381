import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { anyPort } from '../embedded/ports'
import { run } from '../embedded/process'

/** A server that does next to nothing, as a process of its own. */
export type Bare = AsyncDisposable & { pid: number; url: string }

const NEXT = path.resolve('node_modules', 'next', 'dist', 'bin', 'next')
const BUILD_MS = 300_000
const PAGE = `export default function Page() {
  return (
    <main>
      <h1>Nothing</h1>
      <input type="search" aria-label="Search" />
      <ul>{Array.from({ length: 20 }, (_, n) => <li key={n}><input type="checkbox" aria-label={'Row ' + n} /> {n}</li>)}</ul>
    </main>
  )
}
export const dynamic = 'force-dynamic'
`
const LAYOUT = `export const metadata = { title: 'Nothing', icons: 'data:,' }
export default function Layout({ children }) { return <html lang="en"><body>{children}</body></html> }
`

/** Node with an HTTP server. */
export async function bareNode(): Promise<Bare> {
  const port = await anyPort()
  const program = `require('node:http').createServer((_, response) => response.end('ok')).listen(${port}, '127.0.0.1')`
  return await answering(spawn(process.execPath, ['-e', program], { stdio: 'inherit' }), port)
}

/** Next with one page of some words and fields and no code of its own, built for production. */
export async function bareNext(): Promise<Bare> {
  mkdirSync('.stout-build', { recursive: true })
  const dir = mkdtempSync(path.resolve('.stout-build', 'bare-next-')) // in here it finds the packages
  try {
    mkdirSync(path.join(dir, 'app'))
    writeFileSync(path.join(dir, 'app', 'page.jsx'), PAGE)
    writeFileSync(path.join(dir, 'app', 'layout.jsx'), LAYOUT)
    writeFileSync(
      path.join(dir, 'next.config.mjs'),
      `export default { turbopack: { root: ${JSON.stringify(process.cwd())} } }`,
    )
    writeFileSync(path.join(dir, 'instrumentation.js'), 'export function register() {}') // else that of the folder above is taken
    const env = { ...process.env, NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' } as const
    const built = await run([process.execPath, NEXT, 'build'], { env, cwd: dir, timeoutMs: BUILD_MS })
    if (built.code !== 0) throw new Error(`A bare Next was not built:\n${built.output}`)
    const port = await anyPort()
    const args = [NEXT, 'start', '-p', String(port), '-H', '127.0.0.1']
    const child = spawn(process.execPath, args, { env, cwd: dir, stdio: ['ignore', 'ignore', 'inherit'] })
    const bare = await answering(child, port)
    return {
      ...bare,
      async [Symbol.asyncDispose]() {
        await bare[Symbol.asyncDispose]()
        rmSync(dir, { recursive: true, force: true })
      },
    }
  } catch (error) {
    rmSync(dir, { recursive: true, force: true })
    throw error
  }
}

async function answering(child: ChildProcess, port: number): Promise<Bare> {
  const exited = once(child, 'exit')
  const url = `http://127.0.0.1:${port}/`
  const end = async () => {
    child.kill()
    await exited
  }
  while (!(await answers(url))) {
    if (child.exitCode !== null) throw new Error(`A bare server ended with ${child.exitCode}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  return { pid: child.pid ?? 0, url, [Symbol.asyncDispose]: end }
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok
  } catch {
    return false
  }
}
