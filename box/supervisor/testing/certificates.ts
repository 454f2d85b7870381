import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Of the machine, not of a package; without version 3 of it tests of TLS are skipped. */
const OPENSSL = 'openssl'

export type Certified = { key: string; cert: string; ca: string }

/** A new authority, and a certificate that it signed for `name` (`IP:127.0.0.1`, `DNS:…`), all as PEM. */
export function certificateFor(name: string): Certified {
  const folder = mkdtempSync(join(tmpdir(), 'stout-tls-'))
  const file = (of: string) => join(folder, of)
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const run = (args: string[]) => execFileSync(OPENSSL, ['req', '-x509', ...key, ...args], { stdio: 'pipe' })
  try {
    run(['-subj', '/CN=Authority of a test', '-keyout', file('ca.key'), '-out', file('ca.pem')])
    const names = ['-subj', '/CN=stout', '-addext', `subjectAltName=${name}`, '-addext', 'basicConstraints=CA:FALSE']
    run([
      ...names,
      '-CA',
      file('ca.pem'),
      '-CAkey',
      file('ca.key'),
      '-keyout',
      file('key.pem'),
      '-out',
      file('cert.pem'),
    ])
    const read = (of: string) => readFileSync(file(of), 'utf8')
    return { key: read('key.pem'), cert: read('cert.pem'), ca: read('ca.pem') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export function hasOpenssl(): boolean {
  try {
    return /^OpenSSL ([3-9]|\d\d)/.test(execFileSync(OPENSSL, ['version'], { stdio: 'pipe' }).toString())
  } catch {
    return false
  }
}
