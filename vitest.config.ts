import { defineConfig } from 'vitest/config'

const exclude = ['**/node_modules/**', '**/dist/**', '.stout*/**', '.next*/**', 'e2e/**']

/** Limits are for tests that hang: a machine with other work takes five times as long for what passes. */
const servers = {
  exclude,
  globalSetup: ['./db/testing/postgres.ts'],
  testTimeout: 180_000,
  hookTimeout: 180_000,
  maxWorkers: 2,
}
/**
 * What queues and live bus run on. `redis` runs those tests again that have queues or a bus, `cluster` only those of whole jobs; the
 * rest of Stout knows of no backend, and what Python does is the same. Default: everything on Postgres alone.
 */
const backend = (process.env.STOUT_TEST_BACKEND || 'postgres') as 'postgres' | 'redis' | 'cluster'
const INCLUDED = {
  postgres: ['**/*.int.test.ts'],
  redis: ['worker/**/!(cpython-suite).int.test.ts', 'server/**/*.int.test.ts'],
  cluster: ['worker/job-run.int.test.ts'],
}

/** `unit`: pure code, no servers. `integration`: real Postgres, real queues, real processes. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['**/*.test.ts'],
          exclude: [...exclude, '**/*.int.test.ts'],
          testTimeout: 60_000,
        },
      },
      { test: { ...servers, name: 'integration', include: INCLUDED[backend], provide: { backend } } },
    ],
  },
})
