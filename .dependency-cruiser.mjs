import swc from '@swc/core/Visitor.js'

// swc's visitor stops at `using` and `await using`, which it does not know: it is told that they are declarations.
const visitStatement = swc.Visitor.prototype.visitStatement
swc.Visitor.prototype.visitStatement = function visit(statement) {
  if (statement.type !== 'UsingDeclaration') return visitStatement.call(this, statement)
  statement.decls = this.visitVariableDeclarators(statement.decls)
  return statement
}

/**
 * Which room may import from which: app → server → core → db, worker → core → db, cli → sdk → types. The rooms of tests,
 * benchmarks and zero-setup servers may look anywhere, and nobody looks into them. What is checked must also be read:
 * with TypeScript 7 the default parser reads no TypeScript and finds nothing wrong, so the parser is named, and
 * checks/checks.int.test.ts plants violations.
 */
const TESTS = '(^|/)(testing|checks)/|\\.test\\.tsx?$'
const OUTSIDE = 'e2e|bench|chaos|embedded|checks|cli'

/** @param {string} room @param {string} others @param {string} comment */
const never = (room, others, comment, extra = {}) => ({
  name: `${room}-never-imports`,
  severity: 'error',
  comment,
  from: { path: `^${room}/`, pathNot: TESTS },
  to: { path: `^(${others})/`, ...extra },
})

export default {
  forbidden: [
    never('app', `db|worker|box|${OUTSIDE}`, 'Pages ask server/; only server/ opens the database.'),
    never('server', `app|worker|box|${OUTSIDE}`, 'Web and worker are two processes that meet in the database.'),
    never('worker', `app|server|box|${OUTSIDE}|sdk`, 'Web and worker are two processes that meet in the database.'),
    never('core', `app|server|worker|box|sdk|${OUTSIDE}`, 'What Stout knows depends on no way in.'),
    never(
      'db',
      `app|server|worker|box|sdk|core|${OUTSIDE}`,
      'The schema knows the vocabulary of core/, not its verbs.',
      {
        pathNot: '^core/(ids|jobs/state)\\.ts$',
      },
    ),
    never('box', `app|server|worker|core|db|sdk|${OUTSIDE}`, 'What runs on boxes is carried there alone.'),
    never('cli', `app|server|worker|core|db|box|e2e|bench|embedded|checks`, 'The client knows the API, not the house.'),
    {
      name: 'sdk-types-only',
      severity: 'error',
      comment: 'The SDK takes types from the house and code from nowhere in it.',
      from: { path: '^sdk/', pathNot: TESTS },
      to: {
        path: `^(app|server|worker|core|db|box|${OUTSIDE})/`,
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'core-knows-no-framework',
      severity: 'error',
      comment: 'core/ is called by web, worker and tests alike: no next, react, trpc, bullmq or prom-client.',
      from: { path: '^core/' },
      to: { path: '(^|node_modules/)(next|next-auth|react|react-dom|@trpc/[^/]+|bullmq|prom-client)(/|$)' },
    },
    {
      name: 'tests-stay-tests',
      severity: 'error',
      comment: 'Product code must not lean on test fixtures.',
      from: { pathNot: `${TESTS}|^(e2e|bench|chaos)/|^embedded/test\\.ts$|^vitest\\.config\\.ts$` },
      to: { path: TESTS },
    },
    {
      name: 'no-circular',
      severity: 'error',
      comment: 'Two files that need each other are one file, or need a third.',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no-unresolvable',
      severity: 'error',
      comment: 'What cannot be found cannot be checked.',
      from: {},
      to: { couldNotResolve: true, pathNot: '^(\\./)?\\.next/|\\.css$' },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(\\.next|\\.stout|dist|public|test-results|playwright-report)' },
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.tsx', '.mjs', '.js', '.json', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
}
