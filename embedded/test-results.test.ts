import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { expect, test } from 'vitest'
import {
  chaosCounts,
  commandFailure,
  playwrightCounts,
  playwrightFailures,
  sum,
  vitestCounts,
  vitestFailures,
} from './test-results'

function reportFile(content: unknown): { file: string; [Symbol.dispose](): void } {
  const folder = mkdtempSync(path.join(tmpdir(), 'stout-report-'))
  const file = path.join(folder, 'report.json')
  writeFileSync(file, JSON.stringify(content))
  return { file, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) }
}

const vitest = (numPassedTests: number, numFailedTests: number, numPendingTests = 0, numTodoTests = 0) => ({
  numPassedTests,
  numFailedTests,
  numPendingTests,
  numTodoTests,
})

test.each([
  { what: 'all passed', report: vitest(3, 0, 1, 1), code: 0, counts: { passed: 3, failed: 0, skipped: 2 } },
  { what: 'one failed', report: vitest(3, 1), code: 1, counts: { passed: 3, failed: 1, skipped: 0 } },
  { what: 'a file that does not load', report: vitest(3, 0), code: 1, counts: { passed: 3, failed: 1, skipped: 0 } },
  { what: 'no test at all', report: vitest(0, 0), code: 0, counts: { passed: 0, failed: 1, skipped: 0 } },
])('vitest: $what', ({ report, code, counts }) => {
  using written = reportFile(report)
  expect(vitestCounts(written.file, code)).toEqual(counts)
})

test('playwright: a flaky test has failed', () => {
  using written = reportFile({ stats: { expected: 2, unexpected: 0, flaky: 1, skipped: 1 } })
  expect(playwrightCounts(written.file, 0)).toEqual({ passed: 2, failed: 1, skipped: 1 })
})

test('vitest: each test that failed by its name, and a file that does not load by its own', () => {
  const assertionResults = [
    { status: 'passed', fullName: 'adds', failureMessages: [] },
    { status: 'failed', fullName: 'subtracts', failureMessages: ['\u001b[31mexpected 1\u001b[39m\n  at sum.ts:3'] },
  ]
  using written = reportFile({
    testResults: [
      { name: '/sum.test.ts', status: 'failed', assertionResults },
      { name: '/broken.test.ts', status: 'failed', message: 'Unexpected token', assertionResults: [] },
      { name: '/fine.test.ts', status: 'passed', assertionResults: assertionResults.slice(0, 1) },
    ],
  })
  expect(vitestFailures(written.file)).toEqual([
    { test: '/sum.test.ts: subtracts', message: 'expected 1\n  at sum.ts:3' },
    { test: '/broken.test.ts', message: 'Unexpected token' },
  ])
})

test('playwright: each test that failed, with all that went wrong in it', () => {
  const spec = (title: string, status: string, errors: { message: string }[]) => {
    return { title, file: 'jobs.spec.ts', line: 7, tests: [{ status, results: [{ errors }] }] }
  }
  const broken = spec('cancels', 'unexpected', [{ message: 'no button' }, { message: '+ console: Oops' }])
  using written = reportFile({
    suites: [{ specs: [spec('submits', 'expected', []), broken], suites: [{ specs: [spec('nested', 'flaky', [])] }] }],
  })
  expect(playwrightFailures(written.file)).toEqual([
    { test: 'jobs.spec.ts:7: cancels', message: 'no button\n+ console: Oops' },
    { test: 'jobs.spec.ts:7: nested', message: '' },
  ])
})

test('a failure says no more than some lines: a command the last ones, a test the first ones', () => {
  const lines = Array.from({ length: 100 }, (_, i) => `line ${i + 1}`).join('\n')
  expect(commandFailure('lint', `${lines}\n`).message.split('\n')).toEqual(lines.split('\n').slice(-30))
  const assertionResults = [{ status: 'failed', fullName: 'x', failureMessages: [lines] }]
  using written = reportFile({ testResults: [{ name: '/a.test.ts', status: 'failed', assertionResults }] })
  expect(vitestFailures(written.file)[0]?.message.split('\n')).toEqual(lines.split('\n').slice(0, 30))
})

test('a report that was never written is a failure', () => {
  expect(vitestCounts('/nowhere.json', 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  expect(playwrightCounts('/nowhere.json', 0)).toEqual({ passed: 0, failed: 1, skipped: 0 })
  expect([...vitestFailures('/nowhere.json'), ...playwrightFailures('/nowhere.json')]).toEqual([])
})

test.each([
  ['nothing broken', '12 faults; 30 jobs: 30 completed\n30 starts; 0 promises not kept\n', 0, 12, 0],
  ['a promise broken', '12 faults; 30 jobs: 30 completed\n30 starts; 2 promises not kept\n  two starts', 1, 12, 2],
  ['it did not come to its end', '14:00:00 kill -9 web', 1, 0, 1],
  ['nothing struck', '', 0, 0, 1],
])('a storm: %s', (_, output, code, passed, failed) => {
  expect(chaosCounts(output, code)).toEqual({ passed, failed, skipped: 0 })
})

test('sums', () => {
  const counts = { passed: 1, failed: 2, skipped: 3 }
  expect(sum([counts, counts])).toEqual({ passed: 2, failed: 4, skipped: 6 })
})
