import type { Locator, Page } from '@playwright/test'
import { expect, openLive } from './fixtures'

/** The page of one job, by what a person finds on it. */
export class JobPage {
  readonly state: Locator
  readonly log: Locator
  readonly timeline: Locator
  readonly cancel: Locator
  readonly dialog: Locator

  constructor(readonly page: Page) {
    this.state = page.getByRole('status', { name: 'State' })
    this.log = page.getByRole('log', { name: 'Job output' })
    this.timeline = page.getByRole('region', { name: 'Timeline' }).getByRole('listitem')
    this.cancel = page.getByRole('button', { name: 'Cancel job' })
    this.dialog = page.getByRole('dialog', { name: 'Cancel job' })
  }

  async open(jobId: string): Promise<void> {
    await openLive(this.page, `/jobs/${jobId}`)
  }

  /** The id of the job that the browser was sent to. */
  async jobId(): Promise<string> {
    await expect(this.page).toHaveURL(/\/jobs\/job_[0-9a-z]+$/)
    return new URL(this.page.url()).pathname.split('/').at(-1) ?? ''
  }

  /** The lines that can be seen: number and text as they stand there. */
  async lines(): Promise<{ n: number; text: string }[]> {
    const rows = await this.log.locator('[data-line]').evaluateAll((elements) =>
      elements.map((element) => {
        const [number, _stream, ...text] = element.children
        return { n: Number(number?.textContent), text: text.map((part) => part.textContent).join('') }
      }),
    )
    return rows
  }

  async texts(): Promise<string[]> {
    return (await this.lines()).map(({ text }) => text)
  }

  /** What "Download raw" brings. */
  async download(): Promise<Buffer> {
    const arriving = this.page.waitForEvent('download')
    await this.page.getByRole('link', { name: 'Download raw' }).click()
    const chunks: Buffer[] = []
    for await (const chunk of await (await arriving).createReadStream()) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks)
  }
}
