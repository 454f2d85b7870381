import { strToU8, type Zippable, zipSync } from 'fflate'

/** A bundle of text and other files; names that end in `.sh` are executable. */
export function zip(files: Record<string, string | Uint8Array>): Uint8Array {
  const entries: Zippable = {}
  for (const [name, content] of Object.entries(files)) {
    const mode = name.endsWith('.sh') ? 0o100755 : 0o100644
    entries[name] = [typeof content === 'string' ? strToU8(content) : content, { os: 3, attrs: mode << 16 }]
  }
  return zipSync(entries)
}

/** A pure Python package of one module as a wheel, with the file name that pip wants. */
export function wheel(name: string, version: string, source: string): Record<string, Uint8Array> {
  const info = `${name}-${version}.dist-info`
  const files = {
    [`${name}.py`]: source,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${info}/WHEEL`]: 'Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/RECORD`]: `${name}.py,,\n${info}/METADATA,,\n${info}/WHEEL,,\n${info}/RECORD,,\n`,
  }
  return { [`wheels/${name}-${version}-py3-none-any.whl`]: zip(files) }
}
