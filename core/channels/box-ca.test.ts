import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { readBoxCa } from './box-ca'

const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBiDCCAS+gAwIBAgIUZkYebA82FEWzYZWRjffL764NaWIwCgYIKoZIzj0EAwIw
GTEXMBUGA1UEAwwOVGVzdCBhdXRob3JpdHkwIBcNMjYxMTI0MTEyNDM5WhgPMjEy
NjEwMzExMTI0MzlaMBkxFzAVBgNVBAMMDlRlc3QgYXV0aG9yaXR5MFkwEwYHKoZI
zj0CAQYIKoZIzj0DAQcDQgAErcIgMYapyQKP2ilDrELsTsxGHRxc/QalyoUOANDo
qOJHAYrJOfhvZ4W+9SYJcL1NzC2iihEj8OJ3oMXSgLO7maNTMFEwHQYDVR0OBBYE
FDsKG5uoVd4cHtFY7m3RidgVgem1MB8GA1UdIwQYMBaAFDsKG5uoVd4cHtFY7m3R
idgVgem1MA8GA1UdEwEB/wQFMAMBAf8wCgYIKoZIzj0EAwIDRwAwRAIgVnIQ3pCv
X/7mRSXOgqKpq7K5aP47et3+T6Voo2Z9/yECIB8uVS6SSHa3ujx5zhsJPiuGkPN6
5UCpbDLp/M9esHIM
-----END CERTIFICATE-----`

const folder = mkdtempSync(path.join(tmpdir(), 'stout-ca-'))
afterAll(() => rmSync(folder, { recursive: true }))
const fileOf = (text: string) => {
  const file = path.join(folder, 'ca.pem')
  writeFileSync(file, text)
  return file
}

test('without a setting there is none', () => expect(readBoxCa(undefined)).toBeNull())

test('of the file the certificates are taken, and nothing else', () => {
  const secret = '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----'
  const file = fileOf(`# Müller's authority\r\n${CERTIFICATE}\n${secret}\n${CERTIFICATE}`)
  expect(readBoxCa(file)).toBe(`${CERTIFICATE}\n${CERTIFICATE}\n`)
})

test.each([
  [
    'a file that is not there',
    () => path.join(folder, 'none.pem'),
    /^STOUT_BOX_CA: .*none\.pem cannot be read .*ENOENT/,
  ],
  ['a folder', () => folder, /^STOUT_BOX_CA: .* cannot be read .*EISDIR/],
  ['no certificate', () => fileOf('hello'), /^STOUT_BOX_CA: .*ca\.pem has no certificate in PEM form/],
  ['a damaged one', () => fileOf(CERTIFICATE.replace('MII', 'AII')), /^STOUT_BOX_CA: a certificate in .* is damaged/],
])('%s is refused in words', (_, file, words) => expect(() => readBoxCa(file())).toThrow(words))
