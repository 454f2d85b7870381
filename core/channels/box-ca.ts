import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

/**
 * Reads the authorities that programs of ours on boxes trust besides those of the box itself; null when none are named. Of the
 * file only its certificates travel to boxes, whatever else stands in it.
 * @param file STOUT_BOX_CA
 * @throws Error in words for whoever starts the process
 */
export function readBoxCa(file: string | undefined): string | null {
  if (file === undefined) return null
  const found = readText(file).match(CERTIFICATE) ?? []
  if (found.length === 0) throw new Error(`STOUT_BOX_CA: ${file} has no certificate in PEM form`)
  for (const pem of found) parse(file, pem)
  return `${found.join('\n')}\n`
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'latin1')
  } catch (error) {
    throw new Error(`STOUT_BOX_CA: ${file} cannot be read (${(error as Error).message})`)
  }
}

function parse(file: string, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (error) {
    throw new Error(`STOUT_BOX_CA: a certificate in ${file} is damaged (${(error as Error).message})`)
  }
}
