import { createConfig, getTotals, lintFromString } from '@redocly/openapi-core'

/**
 * What the document is held to: the linter's strictest rules (every warning is an error), and some that it leaves off. Nothing is
 * fetched: the document refers to itself alone.
 */
const RULES = {
  'info-license': 'off', // Stout is private
  'info-license-strict': 'off',
  'no-ambiguous-paths': 'off', // /boxes/probe: no box has that id
  'operation-2xx-response': 'off', // a download answers 302
  'operation-4xx-response': 'off', // the service's own state has none; doors.int.test.ts tries the others
  'operation-tag-defined': 'error',
  'operation-singular-tag': 'error',
} as const

/** @returns what is wrong with the document, for people; empty when nothing is */
export async function lintOpenApi(text: string): Promise<string> {
  const config = await createConfig({ extends: ['recommended-strict'], rules: RULES })
  const problems = await lintFromString({ source: text, absoluteRef: 'docs/openapi.json', config })
  const { errors, warnings } = getTotals(problems)
  if (errors + warnings === 0) return ''
  return problems
    .map(
      ({ ruleId, message, location }) => `${ruleId}: ${message} (${location.map((at) => at.pointer ?? '').join(' ')})`,
    )
    .join('\n')
}
