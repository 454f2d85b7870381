import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Locator, Page } from '@playwright/test'

/** A folder on this machine with these files, by path. It goes with the test. */
export function aFolder(name: string, files: Record<string, string | Buffer>) {
  const root = mkdtempSync(path.join(tmpdir(), 'stout-e2e-folder-'))
  const dir = path.join(root, name)
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(dir, file)), { recursive: true })
    writeFileSync(path.join(dir, file), content)
  }
  return { dir, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) }
}

/** Drops files or folders of this machine as a person would who drags them from a file manager: the browser reads them itself. */
export async function dropOn(page: Page, target: Locator, files: string[]): Promise<void> {
  await target.scrollIntoViewIfNeeded()
  const box = await target.boundingBox()
  if (!box) throw new Error('There is nothing to drop on.')
  const cdp = await page.context().newCDPSession(page)
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 }
  const data = { items: [], files, dragOperationsMask: 1 }
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await cdp.send('Input.dispatchDragEvent', { type, ...at, data })
  }
  await cdp.detach()
}
