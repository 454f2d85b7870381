import { existsSync, readFileSync } from 'node:fs'
import { stripVTControlCharacters } from 'node:util'

/** How many tests there were, by outcome. A checker counts as one test. */
export type Counts = { passed: number; failed: number; skipped: number }

export const NONE: Counts = { passed: 0, failed: 0, skipped: 0 }

/** A test that failed, and the beginning of what it said. */
export type Failure = { test: string; message: string }

const MOST_LINES = 30

export function sum(all: readonly Counts[]): Counts {
  return all.reduce(
    (total, { passed, failed, skipped }) => ({
      passed: total.passed + passed,
      failed: total.failed + failed,
      skipped: total.skipped + skipped,
    }),
    NONE,
  )
}

type VitestReport = {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults?: {
    name: string
    status: string
    message?: string
    assertionResults: { status: string; fullName: string; failureMessages?: string[] }[]
  }[]
}
type PlaywrightSuite = {
  suites?: PlaywrightSuite[]
  specs?: { title: string; file: string; line: number; tests: PlaywrightTest[] }[]
}
type PlaywrightTest = { status: string; results: { errors?: { message?: string }[] }[] }
type PlaywrightReport = PlaywrightSuite & {
  stats: { expected: number; unexpected: number; flaky: number; skipped: number }
}

/**
 * Counts from vitest's JSON report. A run that failed without a failed test (a file that does not load, an error after the
 * tests, no report at all) has one failure more than its tests tell.
 */
export function vitestCounts(reportFile: string, exitCode: number): Counts {
  const report = readReport<VitestReport>(reportFile)
  if (!report) return { ...NONE, failed: 1 }
  const { numPassedTests: passed, numFailedTests: failed, numPendingTests, numTodoTests } = report
  return atLeastOneFailure({ passed, failed, skipped: numPendingTests + numTodoTests }, exitCode)
}

/** Counts from Playwright's JSON report. A test that passed only when it was repeated has failed. */
export function playwrightCounts(reportFile: string, exitCode: number): Counts {
  const stats = readReport<PlaywrightReport>(reportFile)?.stats
  if (!stats) return { ...NONE, failed: 1 }
  const { expected: passed, unexpected, flaky, skipped } = stats
  return atLeastOneFailure({ passed, failed: unexpected + flaky, skipped }, exitCode)
}

/** The failed tests of vitest's JSON report, and the files that did not load. */
export function vitestFailures(reportFile: string): Failure[] {
  return (readReport<VitestReport>(reportFile)?.testResults ?? []).flatMap((file) => {
    const failed = file.assertionResults.filter(({ status }) => status === 'failed')
    if (failed.length === 0 && file.status === 'failed') return [failure(file.name, [file.message])]
    return failed.map((test) => failure(`${file.name}: ${test.fullName}`, test.failureMessages))
  })
}

/** The failed tests of Playwright's JSON report, each with all that went wrong in it. */
export function playwrightFailures(reportFile: string): Failure[] {
  const report = readReport<PlaywrightReport>(reportFile)
  return report ? failuresBelow(report) : []
}

function failuresBelow({ suites = [], specs = [] }: PlaywrightSuite): Failure[] {
  const own = specs.flatMap(({ file, line, title, tests }) =>
    tests
      .filter(({ status }) => status === 'unexpected' || status === 'flaky')
      .map(({ results }) => {
        const errors = results.flatMap((result) => result.errors ?? [])
        return failure(
          `${file}:${line}: ${title}`,
          errors.map(({ message }) => message),
        )
      }),
  )
  return [...own, ...suites.flatMap(failuresBelow)]
}

/** A command that failed, and the end of what it printed. */
export function commandFailure(name: string, output: string): Failure {
  return { test: name, message: stripVTControlCharacters(output).trimEnd().split('\n').slice(-MOST_LINES).join('\n') }
}

function failure(test: string, messages: readonly (string | undefined)[] = []): Failure {
  const text = stripVTControlCharacters(messages.join('\n'))
  return { test, message: text.split('\n').slice(0, MOST_LINES).join('\n').trimEnd() }
}

/**
 * Counts from the last lines of `npm run chaos`: each fault that struck is a test passed, each promise that was not kept one failed.
 * One that did not come to its end has failed.
 */
export function chaosCounts(output: string, exitCode: number): Counts {
  const faults = Number(/^(\d+) faults; /m.exec(output)?.[1] ?? 0)
  const failed = Number(/(\d+) promises not kept$/m.exec(output)?.[1] ?? 0)
  return atLeastOneFailure({ passed: faults, failed, skipped: 0 }, exitCode)
}

function atLeastOneFailure(counts: Counts, exitCode: number): Counts {
  const ran = counts.passed + counts.failed > 0
  return counts.failed === 0 && (exitCode !== 0 || !ran) ? { ...counts, failed: 1 } : counts
}

function readReport<T>(file: string): T | null {
  try {
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : null
  } catch {
    return null
  }
}
