import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { run } from '../embedded/process'
import { CHECKERS } from './checkers'

const ROOT = path.resolve(import.meta.dirname, '..')
const SETTINGS = [
  'biome.json',
  'tsconfig.json',
  '.dependency-cruiser.mjs',
  'knip.json',
  '.gitignore',
  'pyrightconfig.json',
]
const PACKAGE = {
  name: 'planted',
  private: true,
  type: 'module',
  scripts: { imports: 'depcruise .' },
  devDependencies: { 'dependency-cruiser': '*', '@swc/core': '*' },
}

/** A small project that every checker agrees with: its rooms and entries are named as ours are. */
const SOUND: Record<string, string> = {
  'worker/main.ts': "import { double } from '../core/double'\n\nconsole.log(double(2))\n",
  'core/double.ts': '/** Twice as much. */\nexport function double(value: number): number {\n  return value * 2\n}\n',
  'box/runtime/main.ts': "console.log('box')\n",
  'box/supervisor/supervisor.py': 'print("supervisor")\n',
  'deploy/Dockerfile': 'FROM node:24.21.0-bookworm-slim\nCMD ["node"]\n',
  'docs/openapi.json': readFileSync(path.join(ROOT, 'docs/openapi.json'), 'utf8'),
}

/** One file too many or wrong, and the words by which its checker must name it. */
const PLANTED: { checker: string; breaks: string; files: Record<string, string>; named: RegExp[] }[] = [
  {
    checker: 'format',
    breaks: 'double quotes and semicolons',
    files: { 'box/runtime/main.ts': 'console.log("box");\n' },
    named: [/box\/runtime\/main\.ts/],
  },
  {
    checker: 'lint',
    breaks: 'a promise that nobody waits for',
    files: {
      'worker/main.ts':
        "import { double } from '../core/double'\n\nasync function main(): Promise<void> {\n  console.log(double(2))\n}\nmain()\n",
    },
    named: [/worker\/main\.ts/, /noFloatingPromises/],
  },
  {
    checker: 'lint',
    breaks: 'any',
    files: { 'box/runtime/main.ts': 'const box: any = 1\nconsole.log(box)\n' },
    named: [/noExplicitAny/],
  },
  {
    checker: 'lint',
    breaks: 'the environment read outside core/env.ts',
    files: {
      'worker/main.ts': "import { double } from '../core/double'\n\nconsole.log(double(Number(process.env.N)))\n",
    },
    named: [/noProcessEnv/],
  },
  {
    checker: 'types',
    breaks: 'a number where text is asked for',
    files: { 'box/runtime/main.ts': 'const box: string = 1\nconsole.log(box)\n' },
    named: [/box\/runtime\/main\.ts/, /TS2322/],
  },
  {
    checker: 'types',
    breaks: 'an index that may be missing',
    files: { 'box/runtime/main.ts': 'const names: string[] = []\nconsole.log(names[0].length)\n' },
    named: [/TS2532/],
  },
  {
    checker: 'imports',
    breaks: 'core/ imports worker/, by type alone',
    files: {
      'worker/queue.ts': 'export type Queue = string\n',
      'core/double.ts':
        "import type { Queue } from '../worker/queue'\n\nexport const double = (value: number): number => value * 2\nexport type Q = Queue\n",
    },
    named: [/core-never-imports: core\/double\.ts → worker\/queue\.ts/],
  },
  {
    checker: 'imports',
    breaks: 'worker/ imports server/',
    files: {
      'server/answer.ts': 'export const answer = 42\n',
      'worker/main.ts': "import { answer } from '../server/answer'\n\nconsole.log(answer)\n",
    },
    named: [/worker-never-imports: worker\/main\.ts → server\/answer\.ts/],
  },
  {
    checker: 'imports',
    breaks: 'core/ imports a framework',
    files: {
      'core/double.ts': "import { Queue } from 'bullmq'\n\nexport const double = (value: number) => [Queue, value]\n",
    },
    named: [/core-knows-no-framework: core\/double\.ts → \S*bullmq/],
  },
  {
    checker: 'imports',
    breaks: 'two files that import each other, in a file that uses `using`',
    files: {
      'core/double.ts':
        "import { half } from './half'\n\nexport function double(value: number): number {\n  using rest = { [Symbol.dispose]: () => {} }\n  return half(value) * (rest ? 4 : 2)\n}\n",
      'core/half.ts':
        "import { double } from './double'\n\nexport const half = (value: number): number => double(value) / 4\n",
    },
    named: [/no-circular/, /core\/half\.ts/],
  },
  {
    checker: 'unused code',
    breaks: 'a file that nobody imports',
    files: { 'core/forgotten.ts': 'export const forgotten = 1\n' },
    named: [/Unused files/, /core\/forgotten\.ts/],
  },
  {
    checker: 'unused code',
    breaks: 'an export that nobody uses',
    files: {
      'core/double.ts': 'export const double = (value: number): number => value * 2\nexport const triple = 3\n',
    },
    named: [/Unused exports/, /triple/],
  },
  {
    checker: 'description of the API',
    breaks: 'a description that is not what the code gives, and says how to renew it',
    files: { 'docs/openapi.json': (SOUND['docs/openapi.json'] ?? '').replace('Submit a job', 'Submit a task') },
    named: [/line \d+\n.*Submit a task.*\n.*Submit a job/, /npm run openapi/],
  },
  {
    checker: 'description of the API',
    breaks: 'an operation without a summary, and an example that is not what its schema says',
    files: {
      'docs/openapi.json': (SOUND['docs/openapi.json'] ?? '')
        .replace('"summary": "Submit a job",', '')
        .replace('"exitCode": 0', '"exitCode": "0"'),
    },
    named: [/operation-summary: .*jobs\/post/, /no-invalid-media-type-examples: .*exitCode/],
  },
  {
    checker: 'python',
    breaks: 'grammar newer than the oldest Python supported',
    files: { 'box/supervisor/supervisor.py': 'try:\n    pass\nexcept* ValueError:\n    pass\n' },
    named: [/supervisor\.py/, /SyntaxError/],
  },
  {
    checker: 'Dockerfile',
    breaks: 'a port that is no number',
    files: { 'deploy/Dockerfile': 'FROM node:24.21.0-bookworm-slim\nEXPOSE web\nCMD ["node"]\n' },
    named: [/Line: 2/, /Invalid containerPort: web/],
  },
  {
    checker: 'python 3.10 types',
    breaks: 'what the oldest Python supported has not',
    files: { 'box/supervisor/supervisor.py': 'import datetime\n\nprint(datetime.datetime.now(datetime.UTC))\n' },
    named: [/supervisor\.py:3:\d+ - error: "UTC" is not a known attribute/],
  },
  {
    checker: 'python 3.10 types',
    breaks: 'a value that may be missing',
    files: { 'box/supervisor/supervisor.py': 'import re\n\nprint(re.match("a", "b").start())\n' },
    named: [/supervisor\.py:3:\d+ - error: "start" is not a known attribute of "None"/],
  },
  {
    checker: 'python 3.13 types',
    breaks: 'what the newest Python supported has no more',
    files: { 'box/supervisor/supervisor.py': 'import telnetlib\n\nprint(telnetlib)\n' },
    named: [/supervisor\.py:1:\d+ - error: Import "telnetlib" could not be resolved/],
  },
  {
    checker: 'python 3.13 types',
    breaks: 'a module that no box has',
    files: { 'box/supervisor/supervisor.py': 'import requests\n\nprint(requests)\n' },
    named: [/supervisor\.py:1:\d+ - error: Import "requests" could not be resolved from source/],
  },
]

/** Runs the real checker, by the project's real settings, on a project of these files. */
async function check(name: string, files: Record<string, string>): Promise<{ code: number; output: string }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'stout-planted-'))
  try {
    for (const file of SETTINGS) cpSync(path.join(ROOT, file), path.join(folder, file))
    symlinkSync(path.join(ROOT, 'node_modules'), path.join(folder, 'node_modules'))
    for (const [file, text] of Object.entries({
      'package.json': `${JSON.stringify(PACKAGE, null, 2)}\n`,
      ...SOUND,
      ...files,
    })) {
      mkdirSync(path.dirname(path.join(folder, file)), { recursive: true })
      writeFileSync(path.join(folder, file), text)
    }
    mkdirSync(path.join(folder, 'examples'))
    const checker = CHECKERS.find((candidate) => candidate.name === name)
    if (!checker) throw new Error(`there is no checker ${name}`)
    const PATH = `${path.join(ROOT, 'node_modules', '.bin')}:${process.env.PATH}`
    const { code, output } = await run(checker.command, { cwd: folder, env: { ...process.env, PATH, NO_COLOR: '1' } })
    const read = checker.filesRead ? Number(checker.filesRead.exec(output)?.[1] ?? 0) : 1
    return { code: code === 0 && read === 0 ? 1 : code, output }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test.each(CHECKERS.map(({ name }) => name))('%s agrees with a sound project', async (name) => {
  const { code, output } = await check(name, {})
  expect(code, output).toBe(0)
})

test.each(PLANTED)('$checker finds $breaks', async ({ checker, files, named }) => {
  const { code, output } = await check(checker, files)
  expect(code, output).not.toBe(0)
  for (const words of named) expect(output).toMatch(words)
})

test('every checker has a planted violation', () => {
  expect(new Set(PLANTED.map(({ checker }) => checker))).toEqual(new Set(CHECKERS.map(({ name }) => name)))
})
