/**
 * `npm run sdk`: builds the client into a package that other projects install, `dist/stout-sdk-<version>.tgz`. It has its
 * dependencies in it, so that it installs without a registry.
 */
import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'

const BUNDLED = ['@trpc/client', '@trpc/server']
/** What the router's types name of the house, and what it is for a client. */
const INSIDE: [RegExp, string][] = [
  [/import\("[^"]*\/auth\/door"\)\.RequestCtx/g, 'object'],
  [/import\("[^"]*\/init"\)\.Meta/g, 'object'],
  [/import\("[^"]*\/core\/errors"\)\.Issue/g, '{ path: string; message: string }'],
]

/** Builds the package into `outDir` and returns its file. */
export async function packSdk(outDir: string): Promise<string> {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-sdk-'))
  try {
    await build({
      ...{ entryPoints: ['sdk/index.ts'], outfile: path.join(dir, 'index.js'), external: BUNDLED },
      ...{ bundle: true, platform: 'node', format: 'esm', target: 'node20', logLevel: 'error' },
    })
    writeTypes(dir)
    writeFileSync(path.join(dir, 'package.json'), JSON.stringify(manifest(), null, 2))
    for (const name of BUNDLED) {
      cpSync(path.join('node_modules', name), path.join(dir, 'node_modules', name), {
        recursive: true,
        dereference: true,
      })
    }
    mkdirSync(outDir, { recursive: true })
    const packed = execFileSync('npm', ['pack', '--json', '--pack-destination', path.resolve(outDir)], {
      cwd: dir,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const [{ filename }] = JSON.parse(packed) as [{ filename: string }]
    return path.join(outDir, filename)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

function manifest(): object {
  const house = JSON.parse(readFileSync('package.json', 'utf8')) as {
    version: string
    dependencies: Record<string, string>
  }
  return {
    name: 'stout-sdk',
    version: house.version,
    description: 'Typed client of Stout: run jobs, follow their logs, download what they made.',
    type: 'module',
    exports: { '.': { types: './sdk/index.d.ts', default: './index.js' } },
    types: './sdk/index.d.ts',
    files: ['index.js', 'sdk', 'server'],
    engines: { node: '>=20' },
    dependencies: Object.fromEntries(BUNDLED.map((name) => [name, house.dependencies[name]])),
    bundleDependencies: BUNDLED,
  }
}

/** Declarations of the client and of the router; of the latter only what callers see, nothing of the house behind it. */
function writeTypes(dir: string): void {
  const all = mkdtempSync(path.join(tmpdir(), 'stout-types-'))
  try {
    const files = ['sdk/index.ts', 'server/trpc/router.ts'].map((file) => path.resolve(file))
    const compilerOptions = { noEmit: false, declaration: true, emitDeclarationOnly: true, incremental: false }
    const places = { outDir: all, rootDir: process.cwd(), typeRoots: [path.resolve('node_modules/@types')] }
    const config = {
      extends: path.resolve('tsconfig.json'),
      compilerOptions: { ...compilerOptions, ...places },
      include: [],
      files,
    }
    writeFileSync(path.join(all, 'tsconfig.json'), JSON.stringify(config))
    try {
      // it complains of declarations inside the house that nobody reads; the test compiles a project with those that are
      execFileSync('node_modules/.bin/tsc', ['-p', path.join(all, 'tsconfig.json')], { stdio: 'ignore' })
    } catch {}
    const names = readdirSync(path.join(all, 'sdk')).filter((name) => name.endsWith('.d.ts'))
    for (const name of [...names.map((one) => `sdk/${one}`), 'server/trpc/router.d.ts']) {
      const text = INSIDE.reduce(
        (all, [inside, outside]) => all.replace(inside, outside),
        readFileSync(path.join(all, name), 'utf8'),
      )
      const left = /import\("(\.[^"]*)"\)/.exec(text)?.[1]
      if (left) throw new Error(`${name} names ${left}, which is not for clients`)
      mkdirSync(path.dirname(path.join(dir, name)), { recursive: true })
      const own = name.startsWith('sdk/')
        ? text.replaceAll(/(from '\.[^']*)'/g, "$1.js'").replaceAll(/(from "\.[^"]*)"/g, '$1.js"')
        : text.replaceAll(/^import .*;\n/gm, '')
      writeFileSync(path.join(dir, name), own)
    }
  } finally {
    rmSync(all, { recursive: true, force: true })
  }
}

if (process.argv[1]?.endsWith('sdk/pack.ts')) console.log(await packSdk('dist'))
