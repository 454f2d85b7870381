import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runFiles } from './detached'
import { readProcessId } from './kill'
import { RequestError } from './replies'

function breakpointFile(request: Record<string, unknown>, processes: string): { dir: string; file: string } {
  const id = readProcessId(request)
  if (id === undefined) throw new RequestError(400, 'lager_process_id is required')
  const { dir } = runFiles(processes, id)
  return { dir, file: join(dir, 'breakpoint.json') }
}

/** What a paused script says of where it stands, or that nothing is paused. */
export async function readBreakpoint(request: Record<string, unknown>, processes: string): Promise<object> {
  const { file } = breakpointFile(request, processes)
  return await readFile(file, 'utf8')
    .then(JSON.parse)
    .catch(() => ({ paused: false }))
}

/** Lets a paused script go on: it waits for this marker. @returns whether it was paused */
export async function resume(request: Record<string, unknown>, processes: string): Promise<{ resumed: boolean }> {
  const { dir, file } = breakpointFile(request, processes)
  const resumed = await access(file).then(
    () => true,
    () => false,
  )
  if (resumed) await writeFile(join(dir, 'resume'), '1')
  return { resumed }
}
