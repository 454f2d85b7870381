import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import { copyTree } from './copy-tree'

test('links of a copy lead to the same things, also when all of it has been moved', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'stout-copy-'))
  try {
    const old = path.join(dir, 'old')
    for (const name of ['packages/pg', 'next/node_modules', 'next/cache'])
      mkdirSync(path.join(old, name), { recursive: true })
    writeFileSync(path.join(old, 'packages/pg/index.js'), 'pg')
    writeFileSync(path.join(old, 'next/BUILD_ID'), 'one')
    symlinkSync('../../packages/pg', path.join(old, 'next/node_modules/pg-1'))
    copyTree(path.join(old, 'next'), path.join(old, 'a/b/next'), (source) => path.basename(source) !== 'cache')
    copyTree(path.join(old, 'a/b/next'), path.join(old, 'dist'))
    renameSync(old, path.join(dir, 'new'))
    const read = (name: string) => readFileSync(path.join(dir, 'new', name), 'utf8')
    expect(read('a/b/next/node_modules/pg-1/index.js')).toBe('pg')
    expect(read('dist/node_modules/pg-1/index.js')).toBe('pg')
    expect(read('dist/BUILD_ID')).toBe('one')
    expect(() => read('dist/cache')).toThrow()
  } finally {
    rmSync(dir, { recursive: true })
  }
})
