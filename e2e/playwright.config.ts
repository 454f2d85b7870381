import path from 'node:path'
import { defineConfig } from '@playwright/test'

/** Runs that go on beside each other keep what they leave (traces of failed tests) in folders of their own. */
process.env.STOUT_E2E_RUN ??= String(process.pid)

// biome-ignore lint/style/noDefaultExport: Playwright asks for it
export default defineConfig({
  testDir: '.',
  outputDir: path.resolve('test-results', process.env.STOUT_E2E_RUN),
  globalSetup: './start-system.ts',
  preserveOutput: 'failures-only',
  // One installation with three boxes serves all tests, one test at a time.
  workers: 1,
  fullyParallel: false,
  retries: 0,
  forbidOnly: true,
  timeout: 90_000,
  expect: { timeout: 20_000 },
  reporter: 'list',
  use: {
    browserName: 'chromium',
    viewport: { width: 1280, height: 1000 },
    trace: 'retain-on-failure',
    screenshot: 'only-on-failure',
    launchOptions: {
      executablePath: process.env.STOUT_CHROMIUM || '/usr/bin/chromium',
      args: [
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    },
  },
})
