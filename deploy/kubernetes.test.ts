import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadEnv } from '../core/env'
import { PROGRAMS } from '../embedded/build'
import { run } from '../embedded/process'
import { type Manifest, readManifests } from './testing/read'

const files = readdirSync('deploy/kubernetes').filter((name) => name !== 'kustomization.yaml')
const manifests = files.flatMap(readManifests)
const find = (kind: string, name: string) => manifests.find((one) => one.kind === kind && one.metadata.name === name)
const pods = manifests.flatMap(({ spec }) => spec?.template?.spec ?? [])
/** Web and worker end within ten seconds of SIGTERM. */
const DRAIN_SECONDS = 10

/** Has the compiler compare them with the types of Kubernetes: fields that it does not know count as wrong. */
async function typesOf(all: readonly Manifest[]): Promise<string> {
  const root = path.resolve(process.env.STOUT_TEST_DIR || '.stout-test')
  mkdirSync(root, { recursive: true })
  const dir = mkdtempSync(path.join(root, 'manifests-')) // below the project, where packages are found
  try {
    const typed = all.map((one, i) => {
      const type = `import('kubernetes-models/${one.apiVersion}').I${one.kind}`
      return `export const m${i}: ${type} = ${JSON.stringify(one)}`
    })
    writeFileSync(path.join(dir, 'manifests.ts'), typed.join('\n'))
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--module', 'esnext', '--moduleResolution', 'bundler']
    const tsc = path.resolve('node_modules', '.bin', 'tsc')
    return (await run([tsc, ...options, '--skipLibCheck', path.join(dir, 'manifests.ts')])).output
  } finally {
    rmSync(dir, { recursive: true })
  }
}

test('each manifest has the fields of its kind, and no other', async () => {
  expect(await typesOf(manifests)).toBe('')
  const typo = { ...find('Deployment', 'stout-web'), metadata: { name: 'x', label: {} } } as Manifest
  expect(await typesOf([typo])).toContain('"label"')
})

test('the kustomization names every file, but for the secret, which each makes for themselves', () => {
  const { resources, images } = parse(readFileSync('deploy/kubernetes/kustomization.yaml', 'utf8'))
  expect([...resources].sort()).toEqual(files.filter((name) => name !== 'secret.example.yaml'))
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(images).toMatchObject([{ name: 'stout', newTag: version }])
  for (const { containers } of pods) expect(containers.map(({ image }) => image)).toEqual(['stout'])
})

test('web and worker take every variable that they are given', () => {
  const secret = find('Secret', 'stout')?.stringData ?? {}
  const filled = Object.fromEntries(Object.entries(secret).map(([name, value]) => [name, value || 'x'.repeat(48)]))
  const given = { ...find('ConfigMap', 'stout')?.data, ...filled }
  const taken = loadEnv(given)
  expect(Object.keys(given).filter((variable) => !(variable in taken))).toEqual([])
  for (const name of ['stout-web', 'stout-worker']) {
    const { envFrom } = find('Deployment', name)?.spec?.template?.spec.containers[0] ?? {}
    expect(envFrom).toEqual([{ configMapRef: { name: 'stout' } }, { secretRef: { name: 'stout' } }])
  }
})

test('pods start what was built, and have the time to end by themselves', () => {
  for (const { containers, terminationGracePeriodSeconds = 30 } of pods) {
    expect(terminationGracePeriodSeconds).toBeGreaterThan(5 + DRAIN_SECONDS)
    const program = /dist\/(\w+)\.mjs/.exec(containers[0]?.command?.join(' ') ?? '')?.[1]
    if (program) expect(PROGRAMS).toHaveProperty(program)
  }
})

test('the ingress leads boxes and WebSockets to workers, and everything else to web', () => {
  const paths = find('Ingress', 'stout')?.spec?.rules?.[0]?.http.paths ?? []
  // as ingress-nginx does: the longest pattern first
  const sorted = paths.toSorted((a, b) => b.path.length - a.path.length)
  const leads = (url: string) => {
    const service = sorted.find(({ path: pattern }) => new RegExp(`^${pattern}`, 'i').test(url))?.backend.service
    expect(find('Service', service?.name ?? '')?.spec?.ports?.map(({ name }) => name)).toContain(service?.port.name)
    return service?.name
  }
  for (const url of ['/box/v1/attempts/job_1/1/log', '/health', '/api/v1/jobs/job_1/logs/ws'])
    expect(leads(url), url).toBe('stout-worker')
  for (const url of ['/', '/boxes', '/api/v1/health', '/api/v1/boxes', '/api/v1/jobs/job_1/logs/stream', '/api/live'])
    expect(leads(url), url).toBe('stout-web')
})
