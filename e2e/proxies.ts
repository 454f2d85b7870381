import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import path from 'node:path'
import type { Certified } from '../box/supervisor/testing/certificates'
import { until } from '../embedded/process'

/** Ports of this machine: where the proxy listens for the two names, what stands behind it, and one where nobody listens. */
export type ProxyPorts = Record<'site' | 'files' | 'http' | 'web' | 'worker' | 'store' | 'gone', number>
export type ProxyName = 'nginx' | 'caddy'

const START_MS = 10_000

/** The programs; undefined where there is none (embedded/test-tools.ts says why). */
export const PROXIES: Record<ProxyName, string | undefined> = {
  nginx: process.env.STOUT_NGINX,
  caddy: process.env.STOUT_CADDY,
}

/**
 * Runs a proxy with the configuration that is shipped in deploy/, names and certificates put in as whoever deploys does. Of the two
 * web processes and workers that nginx knows one is gone, and must not be missed; Caddy asks for addresses by name.
 * @param folder for what it writes; without any file of the machine's own installation
 * @returns how to end it
 */
export async function runProxy(
  name: ProxyName,
  folder: string,
  ports: ProxyPorts,
  { key, cert }: Certified,
): Promise<() => Promise<void>> {
  mkdirSync(path.join(folder, 'tmp'), { recursive: true })
  const file = (of: string) => path.resolve(folder, of)
  writeFileSync(file('stout.pem'), cert)
  writeFileSync(file('stout.key'), key)
  const start = name === 'nginx' ? nginx : caddy
  const { args, env } = start(file, ports)
  const child = spawn(PROXIES[name] ?? name, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += text))
  const listens = await until(async () => child.exitCode !== null || (await isOpen(ports.site)), START_MS)
  if (!listens || child.exitCode !== null) throw new Error(`${name} does not start: ${said}`)
  return async () => {
    const exited = once(child, 'exit')
    child.kill()
    await exited
  }
}

type File = (of: string) => string
type Start = { args: string[]; env: Record<string, string> }

function nginx(file: File, { site, files, http, web, worker, store, gone }: ProxyPorts): Start {
  let listening = 0
  const shipped = readFileSync('deploy/nginx.conf', 'utf8')
  const stout = shipped
    .replace(/listen 443 /g, () => `listen 127.0.0.1:${[site, files][listening++]} `)
    .replace('listen 80;', `listen 127.0.0.1:${http};`)
    .replaceAll('/etc/nginx/tls', file('.'))
    .replace(/\b(?:web|worker)-2:\d+;/g, `127.0.0.1:${gone};`)
    .replace(/\b(web|worker|store)(?:-1)?:\d+;/g, (_, what: 'web') => `127.0.0.1:${{ web, worker, store }[what]};`)
  writeFileSync(file('stout.conf'), stout)
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((of) => `${of}_temp_path ${file(`tmp/${of}`)};`)
  const main = `pid ${file('pid')}; error_log stderr; daemon off; worker_processes 1;
    events { worker_connections 512; }
    http { access_log off; ${temp.join(' ')} include ${file('stout.conf')}; }`
  writeFileSync(file('nginx.conf'), main)
  return { args: ['-p', file('.'), '-e', 'stderr', '-c', file('nginx.conf')], env: {} }
}

function caddy(file: File, { site, files, web, worker, store }: ProxyPorts): Start {
  const aside = 'admin off\nauto_https disable_redirects\nskip_install_trust\ndefault_bind 127.0.0.1'
  const tls = `tls ${file('stout.pem')} ${file('stout.key')}`
  const shipped = readFileSync('deploy/Caddyfile', 'utf8')
  const stout = shipped.replace(/^\{\$STOUT_\w*SITE:.* \{$/gm, (opening) => `${opening}\n${tls}`)
  writeFileSync(file('Caddyfile'), `{\n${aside}\nstorage file_system ${file('storage')}\n}\n${stout}`)
  const behind = Object.entries({ WEB: web, WORKER: worker, STORE: store }).flatMap(([what, port]) => [
    [`STOUT_${what}_HOST`, '127.0.0.1'],
    [`STOUT_${what}_PORT`, String(port)],
  ])
  const sites = { STOUT_SITE: `https://localhost:${site}`, STOUT_FILES_SITE: `https://localhost:${files}` }
  const homes = { HOME: file('.'), XDG_DATA_HOME: file('.'), XDG_CONFIG_HOME: file('.') }
  const args = ['run', '--config', file('Caddyfile'), '--adapter', 'caddyfile']
  return { args, env: { ...Object.fromEntries(behind), ...sites, ...homes } }
}

async function isOpen(port: number): Promise<boolean> {
  return await new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    const tell = (open: boolean) => {
      socket.destroy()
      resolve(open)
    }
    socket.once('connect', () => tell(true)).once('error', () => tell(false))
  })
}
