import { createHash } from 'node:crypto'
import type { Download, Locator, Page } from '@playwright/test'

/** The files of a job on its page. */
export class ArtifactsPanel {
  readonly region: Locator
  readonly rows: Locator

  constructor(readonly page: Page) {
    this.region = page.getByRole('region', { name: 'Artifacts' })
    this.rows = this.region.getByRole('list', { name: 'Artifacts' }).locator(':scope > li')
  }

  row(name: string): Locator {
    return this.region.getByRole('listitem', { name, exact: true })
  }

  /** Opens the preview of a file. */
  async preview(name: string): Promise<Locator> {
    await this.region.getByRole('button', { name: `Preview of ${name}`, exact: true }).click()
    return this.row(name)
  }

  /** What its download brings. */
  async download(name: string): Promise<{ bytes: Buffer; sha256: string; filename: string }> {
    const link = this.region.getByRole('link', { name: `Download ${name}`, exact: true })
    return await this.downloadBy(link)
  }

  async downloadBy(link: Locator): Promise<{ bytes: Buffer; sha256: string; filename: string }> {
    const arriving = this.page.waitForEvent('download')
    await link.click()
    const download = await arriving
    const bytes = await bytesOf(download)
    return { bytes, sha256: sha256(bytes), filename: download.suggestedFilename() }
  }
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}

async function bytesOf(download: Download): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of await download.createReadStream()) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}
