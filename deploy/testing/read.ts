import { readFileSync } from 'node:fs'
import { parse, parseAllDocuments } from 'yaml'

export type Service = {
  image?: string
  command?: string[]
  environment?: Record<string, string>
  healthcheck?: { test?: string[] }
  depends_on?: Record<string, unknown>
  networks?: string[]
}
export type Compose = { services: Record<string, Service>; volumes: object; networks: object }

/** The variables that deploy/.env.example names, with values as somebody may fill them in. */
export function exampleEnv(): Record<string, string> {
  const lines = readFileSync('deploy/.env.example', 'utf8').split('\n')
  const pairs = lines.flatMap((line) => /^([A-Z0-9_]+)=(.*)$/.exec(line)?.slice(1) ?? []).values()
  const env: Record<string, string> = {}
  for (const name of pairs) env[name] = pairs.next().value || 'filled-in-with-48-characters-filled-in-with-48-c'
  return env
}

/** deploy/compose.yaml with anchors resolved and `${…}` replaced. @throws Error naming a variable that `env` lacks */
export function readCompose(env: Record<string, string>): Compose {
  const text = readFileSync('deploy/compose.yaml', 'utf8').replace(/\$\{(\w+):\?\}/g, (_, name: string) => {
    if (!env[name]) throw new Error(`deploy/.env.example lacks ${name}`)
    return env[name]
  })
  return parse(text, { merge: true })
}

type Probe = { httpGet: { path: string; port: string } }
export type Container = {
  image: string
  command?: string[]
  ports?: { name: string; containerPort: number }[]
  envFrom?: { configMapRef?: { name: string }; secretRef?: { name: string } }[]
} & Partial<Record<'startupProbe' | 'readinessProbe' | 'livenessProbe', Probe>>
type Pod = { terminationGracePeriodSeconds?: number; containers: Container[] }
export type Manifest = {
  apiVersion: string
  kind: string
  metadata: { name: string }
  data?: Record<string, string>
  stringData?: Record<string, string>
  spec?: { template?: { spec: Pod }; rules?: Rule[]; ports?: { name: string; port: number }[] }
}
type Rule = {
  http: { paths: { path: string; backend: { service: { name: string; port: { name: string } } } }[] }
}

/** Every object of a file in deploy/kubernetes. */
export function readManifests(file: string): Manifest[] {
  return parseAllDocuments(readFileSync(`deploy/kubernetes/${file}`, 'utf8')).map((document) => document.toJS())
}
