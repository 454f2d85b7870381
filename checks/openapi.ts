/**
 * Compares the committed description of the API with what the code gives, and lints it. `node checks/openapi.ts --write` renews
 * it. Reads docs/openapi.json of the working directory.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { openApiDocument } from '../server/rest/openapi'
import { lintOpenApi } from './lint-openapi'

const FILE = 'docs/openapi.json'
const RENEW = 'Renew it: npm run openapi'

const wanted = `${JSON.stringify(openApiDocument(), null, 2)}\n`
if (process.argv.includes('--write')) writeFileSync(FILE, wanted)
const text = readFileSync(FILE, 'utf8')
const problems = await lintOpenApi(text)
if (problems !== '') console.error(`${FILE} breaks the linter's rules:\n${problems}`)
const difference = text === wanted ? '' : firstDifference(text.split('\n'), wanted.split('\n'))
if (difference !== '') console.error(`${FILE} is not what the code gives. ${RENEW}\n${difference}`)
if (problems !== '' || difference !== '') process.exitCode = 1
else console.log(`${Object.keys(openApiDocument().paths).length} paths`)

function firstDifference(committed: string[], code: string[]): string {
  const at = committed.findIndex((line, index) => line !== code[index])
  const line = at < 0 ? committed.length : at
  return `line ${line + 1}\n  committed: ${committed[line] ?? '(its end)'}\n  the code:  ${code[line] ?? '(its end)'}`
}
