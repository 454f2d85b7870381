/**
 * `npm run screenshots`: starts an installation of its own, has it run the jobs of a lab, and photographs its pages into
 * `docs/images/`, in a browser of the machine (STOUT_CHROMIUM, else Debian's).
 */
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { chromium, type Locator, type Page } from '@playwright/test'
import sharp from 'sharp'
import config from '../playwright.config'
import { holdSystem } from '../start-system'
import { ENDED, Lab, RUNNING, WAITING, WATCHED } from './lab'

const FOLDER = path.resolve('docs', 'images')
const SIZE = { width: 1280, height: 800 }
const MARGIN = 24
/** Few enough lines that the curves are near. */
const JOB_HEIGHT = 640
/** Down to where it runs. */
const NEW_JOB_HEIGHT = 1_460
const NEW_SCRIPT = `from rig import Supply

supply = Supply(net="vdd")
for volts in (3.0, 3.3, 3.6):
    supply.set(volts)
    print(f"{volts} V: {supply.current() * 1000:.1f} mA", flush=True)
`

/** Photographs a page, down to the end of `last`. Flat pages need few colours: a third of the bytes, and nobody sees a difference. */
async function photograph(page: Page, name: string, last?: Locator): Promise<void> {
  await page.evaluate(() => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
    window.scrollTo(0, 0)
  })
  await page.waitForTimeout(700) // fonts, curves and what fades in
  const box = await last?.boundingBox()
  const height = box ? Math.round(box.y + box.height) + MARGIN : (page.viewportSize()?.height ?? SIZE.height)
  const clip = { x: 0, y: 0, width: SIZE.width, height }
  const picture = await page.screenshot({ animations: 'disabled', caret: 'hide', fullPage: true, clip })
  const file = path.join(FOLDER, `${name}.png`)
  const { size } = await sharp(picture).png({ palette: true, colours: 128, effort: 10 }).toFile(file)
  console.log(`docs/images/${name}.png: ${Math.round(size / 1024)} kB`)
}

/** @returns the job that is looked at */
async function fillLab(lab: Lab): Promise<string> {
  for (const submission of ENDED) await lab.wait(await lab.submit(submission))
  const [running, watched] = [await lab.submit(RUNNING), await lab.submit(WATCHED)]
  for (const id of [running, watched]) await lab.wait(id, (state) => state === 'running')
  for (const submission of WAITING) await lab.wait(await lab.submit(submission), (state) => state === 'waiting_for_box')
  return watched
}

async function photographAll(page: Page, watched: string): Promise<void> {
  await page.goto('/')
  await page.getByRole('region', { name: 'Latest ends' }).getByRole('row').nth(1).waitFor()
  await photograph(page, 'overview')
  await page.goto('/jobs')
  await page.getByRole('row', { name: WATCHED.name }).waitFor()
  await photograph(page, 'jobs')
  await page.setViewportSize({ ...SIZE, height: NEW_JOB_HEIGHT })
  await page.goto('/jobs/new')
  await page.getByRole('textbox', { name: 'Name' }).fill('Supply sweep')
  await page.getByRole('textbox', { name: 'Script' }).fill(NEW_SCRIPT)
  await page.getByRole('button', { name: 'Add requirement' }).click()
  await page.getByLabel('Requirement 1', { exact: true }).fill('net:UART')
  await photograph(page, 'new-job')
  await page.setViewportSize(SIZE)
  await page.goto('/boxes')
  await page.getByRole('row', { name: /bench-3/ }).waitFor()
  await photograph(page, 'boxes', page.getByRole('table'))
  await page.setViewportSize({ ...SIZE, height: JOB_HEIGHT })
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme })
    await page.goto(`/jobs/${watched}`)
    const curves = page.getByRole('region', { name: 'Output values' }).getByRole('figure')
    await curves.nth(1).waitFor()
    await photograph(page, colorScheme === 'light' ? 'job' : 'job-dark', curves.nth(1))
  }
}

mkdirSync(FOLDER, { recursive: true })
const { system, stop } = await holdSystem()
const browser = await chromium.launch(config.use?.launchOptions ?? {})
try {
  const watched = await fillLab(new Lab(system))
  const page = await browser.newPage({ baseURL: system.url, viewport: SIZE, colorScheme: 'light' })
  await page.goto('/sign-in')
  await page.getByRole('textbox', { name: 'E-mail' }).fill(system.email)
  await page.getByLabel('Password').fill(system.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.waitForURL((url) => url.pathname !== '/sign-in')
  await photographAll(page, watched)
} finally {
  await browser.close()
  await stop()
}
