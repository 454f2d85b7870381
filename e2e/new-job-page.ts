import type { Locator, Page } from '@playwright/test'
import { openLive } from './fixtures'

/** The form of a new job, by what a person finds on it. */
export class NewJobPage {
  readonly upload: Locator
  readonly uploadState: Locator
  readonly entry: Locator
  readonly submit: Locator
  readonly dropZone: Locator

  constructor(readonly page: Page) {
    this.upload = page.getByRole('region', { name: 'Upload' })
    this.uploadState = this.upload.getByRole('status')
    this.entry = page.getByRole('combobox', { name: 'Entry point' })
    this.submit = page.getByRole('button', { name: 'Submit job' })
    this.dropZone = page.getByText('Drop a folder or a zip here')
  }

  async open(): Promise<void> {
    await openLive(this.page, '/jobs/new')
  }

  async chooseBundle(): Promise<void> {
    await this.page.getByRole('radio', { name: 'A bundle' }).check()
  }

  /** Adds a line to a list of the form and fills it in. */
  async add(button: string, values: Record<string, string>): Promise<void> {
    await this.page.getByRole('button', { name: button }).click()
    for (const [label, value] of Object.entries(values)) {
      await this.page.getByLabel(label, { exact: true }).fill(value)
    }
  }
}
