import path from 'node:path'

/** A tool that reads the whole project and finds nothing wrong with it. */
export type Checker = {
  name: string
  command: readonly string[]
  /**
   * Finds in its output how many files it read; a checker that read none is no checker and counts as failed. Absent where
   * the tool itself fails when it finds nothing to read.
   */
  filesRead?: RegExp
}

/** Compiles without running or writing anything, by the grammar of the oldest Python that Stout supports. */
const PYTHON_CHECK = `
import ast, pathlib, sys
files = sorted(p for root in sys.argv[1:] for p in pathlib.Path(root).rglob('*.py'))
for file in files:
    ast.parse(file.read_text(encoding='utf-8'), str(file), feature_version=(3, 10))
print(len(files), 'files')
`

/**
 * Types of the supervisor as one Python knows them. Two of them, since one run knows one version: the oldest lacks what was added
 * since, the newest what was removed. This machine's Python and its modules do not count: a box has the standard library alone.
 */
const pythonTypes = (version: string): Checker => ({
  name: `python ${version} types`,
  command: ['pyright', '--pythonversion', version, '--pythonpath', '/dev/null', '--stats'],
  filesRead: /Found (\d+) source files?/,
})

/** What `npm test` runs before any test, and what the planted violations are tried on. Run with the project as cwd. */
export const CHECKERS: readonly Checker[] = [
  { name: 'format', command: ['biome', 'format', '.'], filesRead: /(?:Checked|Formatted) (\d+) files?/ },
  { name: 'lint', command: ['biome', 'lint', '--error-on-warnings', '.'], filesRead: /Checked (\d+) files?/ },
  { name: 'types', command: ['tsc', '--noEmit', '-p', '.'] },
  { name: 'imports', command: ['depcruise', '--config', '.dependency-cruiser.mjs', '.'], filesRead: /(\d+) modules/ },
  { name: 'unused code', command: ['knip'] },
  {
    name: 'description of the API',
    command: ['node', '--import', 'tsx', path.join(import.meta.dirname, 'openapi.ts')],
    filesRead: /(\d+) paths/,
  },
  { name: 'python', command: ['python3', '-c', PYTHON_CHECK, 'box/supervisor', 'examples'], filesRead: /(\d+) files/ },
  { name: 'Dockerfile', command: ['dockerfile-utils', 'lint', 'deploy/Dockerfile'] },
  pythonTypes('3.10'),
  pythonTypes('3.13'),
]
