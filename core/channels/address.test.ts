import { expect, test } from 'vitest'
import { canonicalHost, checkLiteral, guardedLookup, whyForbidden } from './address'

const ALLOWED = ['127.0.0.1', '127.0.0.5', '::1', '10.0.0.7', '192.168.1.20', '172.16.0.1', '100.64.0.9', '8.8.8.8']
const ALLOWED_V6 = ['fd00::7', '2001:db8::1', '::ffff:10.0.0.7', '::ffff:127.0.0.1', '64:ff9b::a00:7']

const FORBIDDEN: [string, RegExp][] = [
  ['169.254.169.254', /link-local/],
  ['169.254.0.1', /link-local/],
  ['169.254.255.255', /link-local/],
  ['::ffff:169.254.169.254', /link-local/],
  ['::ffff:a9fe:a9fe', /link-local/],
  ['::169.254.169.254', /link-local/],
  ['64:ff9b::a9fe:a9fe', /link-local/],
  ['2002:a9fe:a9fe::1', /link-local/],
  ['fe80::1', /link-local/],
  ['fe80::1%eth0', /link-local/],
  ['febf:ffff::1', /link-local/],
  ['100.100.100.200', /metadata/],
  ['168.63.129.16', /metadata/],
  ['fd00:ec2::254', /metadata/],
  ['0.0.0.0', /no address of a machine/],
  ['0.1.2.3', /no address of a machine/],
  ['::', /no address of a machine/],
  ['::ffff:0.0.0.0', /no address of a machine/],
  ['224.0.0.1', /no address of a machine/],
  ['255.255.255.255', /no address of a machine/],
  ['ff02::1', /no address of a machine/],
]

test.each([...ALLOWED, ...ALLOWED_V6])('%s may be dialled', (ip) => {
  expect(whyForbidden(ip)).toBeUndefined()
  expect(() => checkLiteral(ip)).not.toThrow()
})

test.each(FORBIDDEN)('%s is never dialled', (ip, why) => {
  expect(whyForbidden(ip)).toMatch(why)
  expect(() => checkLiteral(ip)).toThrow(why)
})

const SPELLINGS: [string, string | undefined][] = [
  ['bench-7', 'bench-7'],
  ['Bench-7.Lab.Example.', 'bench-7.lab.example'],
  [' 192.0.2.7 ', '192.0.2.7'],
  ['127.1', '127.0.0.1'],
  ['0x7f000001', '127.0.0.1'],
  ['2852039166', '169.254.169.254'],
  ['0251.0376.0251.0376', '169.254.169.254'],
  ['FE80::0001', 'fe80::1'],
  ['[2001:DB8::7]', '2001:db8::7'],
  ['::ffff:169.254.1.1', '::ffff:a9fe:101'],
  ['bücher.example', 'xn--bcher-kva.example'],
  ['', undefined],
  ['http://bench-7', undefined],
  ['bench-7:5000', undefined],
  ['bench-7/x', undefined],
  ['user@bench-7', undefined],
  ['bench 7', undefined],
  ['bench-7?x', undefined],
  ['256.1.1.1', undefined],
  ['-bench', undefined],
  ['a'.repeat(254), undefined],
  ['bench\0', undefined],
]

test.each(SPELLINGS)('%j is the host %j', (text, host) => {
  expect(canonicalHost(text)).toBe(host)
})

const resolved = (name: string, all: boolean) =>
  new Promise((done) => guardedLookup(name, { all }, (error, address) => done(error?.message ?? address)))

test('what a name resolves to is looked at before it is dialled', async () => {
  expect(await resolved('127.0.0.5', false)).toBe('127.0.0.5')
  expect(await resolved('127.0.0.5', true)).toEqual([{ address: '127.0.0.5', family: 4 }])
  expect(await resolved('169.254.169.254', false)).toMatch(/link-local/)
  expect(await resolved('0', true)).toMatch(/0\.0\.0\.0, which is no address of a machine/)
  expect(await resolved('nowhere.invalid', false)).toMatch(/ENOTFOUND|EAI_AGAIN/)
})
