import { execFileSync } from 'node:child_process'

const MAKE_ZIP = `
import base64, io, json, sys, zipfile
out = io.BytesIO()
with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as z:
    for entry in json.load(sys.stdin):
        info = zipfile.ZipInfo(entry['name'])
        info.external_attr = entry.get('mode', 0o100644) << 16
        z.writestr(info, entry['content'])
sys.stdout.buffer.write(out.getvalue())
`

/** A zip with any names and modes, hostile ones too, made by Python's zipfile. `mode` is a Unix mode. */
export function zip(entries: { name: string; content: string; mode?: number }[]): Buffer {
  return execFileSync('/usr/bin/python3', ['-c', MAKE_ZIP], { input: JSON.stringify(entries) })
}
