import { randomBytes } from 'node:crypto'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Invalid } from '../errors'
import { aZip, lying, renamed } from '../testing/zips'
import { checkBundle, requireEntry } from './check-bundle'
import { inlineSource } from './zip-source'

const check = (zip: Buffer) => checkBundle(inlineSource(zip))
const MAIN = { 'main.py': 'print(1)' }
const FILES = { ...MAIN, 'data/one.txt': 'x'.repeat(2_000), 'data/two.txt': 'y' }
/** Larger than what is unpacked in one go. */
const LARGE = { ...MAIN, 'large.bin': randomBytes(300_000) }
/** The zip, which says in its end that it has so many entries. */
function counted(zip: Buffer, entries: number): Buffer {
  zip.writeUInt16LE(entries, zip.length - 12)
  return zip
}
const LINK = 0o120777 * 0x1_0000
const DEVICE = 0o020666 * 0x1_0000

/** What is wrong, a zip in which it is so, and what the message must say. */
const BAD: [string, () => Promise<Buffer>, RegExp][] = [
  ['no zip at all', async () => Buffer.from('print(1)'), /not a zip/],
  ['nothing', async () => Buffer.alloc(0), /not a zip/],
  ['half a zip', async () => (await aZip(FILES)).subarray(0, 200), /not a zip/],
  ['a zip with a tail', async () => Buffer.concat([await aZip(FILES), Buffer.from('tail')]), /not a zip/],
  ['no entry', () => aZip({}), /is empty/],
  ['an absolute name', async () => renamed(await aZip({ xetc: 'a' }), 'xetc', '/etc'), /"\/etc" has an absolute name/],
  ['a drive', async () => renamed(await aZip({ 'xx/y': 'a' }), 'xx/y', 'C:/y'), /absolute name/],
  ['..', async () => renamed(await aZip({ 'aa/b': 'a' }), 'aa/b', '../b'), /"\.\.\/b" leads out of the bundle/],
  ['.. within', async () => renamed(await aZip({ 'a/bb/c': 'a' }), 'a/bb/c', 'a/../c'), /leads out/],
  ['.', async () => renamed(await aZip({ 'a/b/c': 'a' }), 'a/b/c', 'a/./c'), /empty part or \./],
  ['an empty part', async () => renamed(await aZip({ 'a/bc': 'a' }), 'a/bc', 'a//c'), /empty part/],
  ['an empty name', async () => renamed(await aZip({ 'a/': '' }), 'a/', '//'), /absolute|empty/],
  ['a backslash', async () => renamed(await aZip({ 'a/bc': 'a' }), 'a/bc', 'a\\bc'), /"a\\\\bc" has a backslash/],
  ['NUL', async () => renamed(await aZip({ 'a.pyx': 'a' }), 'a.pyx', 'a.py\0'), /NUL character/],
  ['no UTF-8', async () => renamed(await aZip({ ax: 'a' }), 'ax', Buffer.from([0x61, 0xff])), /not UTF-8/],
  ['UTF-8 without its mark', async () => lying(await aZip({ ä: 'a' }), 'ä', { flags: 0 }), /not marked as such/],
  ['a long part', () => aZip({ [`${'x'.repeat(256)}`]: 'a' }), /longer than 255 bytes/],
  ['a long name', () => aZip({ [`${'x'.repeat(200)}/`.repeat(6)]: '' }), /longer than 1024 bytes/],
  ['a link', async () => lying(await aZip(FILES), 'main.py', { attributes: LINK }), /"main\.py" is a link, a device/],
  ['a device', async () => lying(await aZip(FILES), 'main.py', { attributes: DEVICE }), /is a link, a device/],
  ['a folder that is none', async () => lying(await aZip({ 'a/': '' }), 'a/', { attributes: LINK }), /is a link/],
  ['a password', async () => lying(await aZip(FILES), 'main.py', { flags: 0x801 }), /"main\.py" is encrypted/],
  ['strong encryption', async () => lying(await aZip(FILES), 'main.py', { flags: 0x2801 }), /is encrypted/],
  ['bzip2', async () => lying(await aZip(FILES), 'data/one.txt', { method: 12 }), /compressed by method 12/],
  [
    'a name twice',
    async () => renamed(await aZip({ 'a.py': '1', 'b.py': '2' }), 'b.py', 'a.py'),
    /"a\.py" stands in it twice/,
  ],
  ['a folder twice', async () => renamed(await aZip({ 'a/': '', 'b/': '' }), 'b/', 'a/'), /"a" stands in it twice/],
  ['a file where a folder is', () => aZip({ 'a/b': '1', a: '2' }), /"a" is both a file and a folder/],
  ['a folder where a file is', () => aZip({ a: '2', 'a/b': '1' }), /"a" is both a file and a folder/],
  ['names that differ in case', () => aZip({ 'A.py': '1', 'a.py': '2' }), /"a\.py" differs from "A\.py" only in/],
  ['folders that differ in case', () => aZip({ 'Lib/a': '1', 'lib/b': '2' }), /differs from "Lib" only in/],
  ['one letter in two writings', () => aZip({ é: '1', 'e\u0301': '2' }), /only in upper and lower case or accents/],
  [
    'another checksum',
    async () => lying(await aZip(FILES), 'data/one.txt', { crc: 1 }),
    /"data\/one\.txt" is not what .* checksum/,
  ],
  [
    'more than it says',
    async () => lying(await aZip(FILES), 'data/one.txt', { unpackedBytes: 1_999 }),
    /it has 2000 bytes, not 1999/,
  ],
  [
    'less than it says',
    async () => lying(await aZip(FILES), 'data/one.txt', { unpackedBytes: 2_001 }),
    /it has 2000 bytes, not 2001/,
  ],
  [
    'much more than it says',
    async () => lying(await aZip(LARGE), 'large.bin', { unpackedBytes: 299_999 }),
    /too many bytes/,
  ],
  [
    'a large one with less',
    async () => lying(await aZip(LARGE), 'large.bin', { unpackedBytes: 300_001 }),
    /not enough/,
  ],
  [
    'a large one with another checksum',
    async () => lying(await aZip(LARGE), 'large.bin', { crc: 1 }),
    /"large\.bin" .*checksum/,
  ],
  [
    'content that is not deflated',
    async () => lying(await aZip(FILES, { compress: false }), 'data/two.txt', { method: 8 }),
    /data\/two\.txt/,
  ],
  [
    'a folder with content',
    async () => lying(renamed(await aZip({ ab: 'a' }), 'ab', 'a/'), 'a/', { attributes: 0 }),
    /"a" is a folder with content/,
  ],
  ['a bomb', () => aZip({ ...MAIN, zeros: Buffer.alloc(1_200_000) }), /"zeros" unpacks to more than 100 times/],
  [
    'many small bombs',
    () => aZip(Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`z${i}`, Buffer.alloc(90_000)]))),
    /unpacks to more than 100 times its size/,
  ],
  ['too many entries', async () => counted(await aZip(FILES), 20_001), /has 20001 entries; at most 20000/],
]

test.each(BAD)('refused: %s', async (_, make, says) => {
  const error = await make()
    .then(check)
    .then(String, (thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Invalid)
  expect((error as Invalid).issues).toEqual([{ path: 'bundle', message: expect.stringMatching(says) }])
})

test('a zip that says it unpacks to more than 500 MB is refused before its content is read', async () => {
  const entry = { unpackedBytes: 0x3000_0000, zippedBytes: 0x3000_0000 }
  const zip = lying(await aZip({ a: 'x' }, { compress: false }), 'a', entry)
  await expect(check(zip)).rejects.toThrow(/larger than 500000000 bytes when it is unpacked/)
})

test('a name before the content that differs from the one in the directory is refused', async () => {
  const zip = await aZip({ 'a.py': '1' })
  Buffer.from('b.py').copy(zip, zip.indexOf('a.py'))
  await expect(check(zip)).rejects.toThrow(/"a\.py" is not what the zip says of it .*"b\.py"/)
})

test('the file to run must be in it, as a file; where it is one folder deeper the message says so', async () => {
  const zip = inlineSource(await aZip({ 'soak/main.py': '1', 'tests/': '' }))
  await requireEntry(zip, 'soak/main.py')
  await expect(requireEntry(zip, 'main.py')).rejects.toThrow(/no file "main\.py"; there is "soak\/main\.py"/)
  await expect(requireEntry(zip, 'tests')).rejects.toThrow(/no file "tests"; put it there/)
})

test('what zip makes of any files is taken, and every entry counts', async () => {
  const part = fc.stringMatching(/^[a-z0-9_äß漢]{1,8}$/)
  const file = fc.tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.uint8Array({ maxLength: 300 }))
  await fc.assert(
    fc.asyncProperty(fc.array(file, { minLength: 1, maxLength: 8 }), fc.boolean(), async (made, compress) => {
      const files = Object.fromEntries(
        made.map(([parts, content], i) => [`${i}/${parts.join('/')}`, Buffer.from(content)]),
      )
      expect(await check(await aZip(files, { compress }))).toBe(made.length)
    }),
    { numRuns: 60 },
  )
})

test('a zip with any bytes changed is refused in words, or is still what it says', async () => {
  const zip = await aZip(FILES)
  const change = fc.tuple(fc.nat(zip.length - 1), fc.nat(255))
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const changed = Buffer.from(zip)
      for (const [at, byte] of changes) changed[at] = byte
      const outcome = await check(changed).catch((error: unknown) => error)
      if (typeof outcome !== 'number') expect(outcome).toBeInstanceOf(Invalid)
    }),
    { numRuns: 400 },
  )
})
