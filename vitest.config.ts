import { defineConfig } from 'vitest/config'

const exclude = ['**/node_modules/**', '**/dist/**', '.stout*/**', '.next*/**', 'e2e/**']

const servers = {
  exclude,
  globalSetup: ['./db/testing/postgres.ts'],
  testTimeout: 60_000,
  hookTimeout: 60_000,
  maxWorkers: 2,
}
/** Queues and live bus run in these; what is below them knows of no backend. */
const WITH_QUEUES = ['worker/**/*.int.test.ts', 'server/**/*.int.test.ts']

/**
 * `unit`: pure code, no servers. `integration`: real Postgres, real queues, real processes. `redis` and `cluster`: the same tests
 * again, as far as they have queues, with those on a Redis; on a cluster only the tests of queues and of whole jobs.
 */
export default defineConfig({
  test: {
    projects: [
      { test: { name: 'unit', include: ['**/*.test.ts'], exclude: [...exclude, '**/*.int.test.ts'] } },
      { test: { ...servers, name: 'integration', include: ['**/*.int.test.ts'], provide: { backend: 'postgres' } } },
      { test: { ...servers, name: 'redis', include: WITH_QUEUES, provide: { backend: 'redis' } } },
      {
        test: { ...servers, name: 'cluster', include: ['worker/job-run.int.test.ts'], provide: { backend: 'cluster' } },
      },
    ],
  },
})
