import type { TokenView } from '../../core/access/token-view'
import type { ArtifactView } from '../../core/artifacts/artifact-view'
import type { AttemptView } from '../../core/attempts/list-attempts'
import type { BoxView } from '../../core/boxes/list-boxes'
import type { ProbeReport } from '../../core/boxes/probe-box'
import type { EventView } from '../../core/events/list-events'
import type { GroupView } from '../../core/groups/group-view'
import type { JobView } from '../../core/jobs/job-view'
import type { Submitted } from '../../core/jobs/submission'

/** The things that the examples of the API speak of: one bench with one box, and a job that ran on it. */
const AT = '2026-11-24T09:30:00.000Z'
const LATER = '2026-11-24T09:30:04.120Z'
export const SHA256 = '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08'
const NETS = [{ name: 'vdd', type: 'PowerSupply' }]

export const NEW_JOB = {
  name: 'smoke',
  script: 'print("hello from a box")\n',
  target: { any: true },
  requires: ['net:PowerSupply'],
}

export const JOB: JobView = {
  id: 'job_0mhq3z1k07f1c2b3a4d5e6f708192a3b4c5d6e7f8',
  ...{ name: 'smoke', state: 'completed', failureClass: null, exitCode: 0, signal: null, error: null },
  ...{ target: { any: true }, requires: ['net:PowerSupply'], labels: {}, args: [] },
  bundle: { sha256: SHA256, kind: 'script', sizeBytes: 27 },
  ...{ entry: 'main.py', secretNames: [], artifacts: { globs: [], lagerOutput: false } },
  ...{ boxId: 'box_0mhq3yq8e1a2b3c4d5e6f708192a3b4c5d6e7f809', boxName: 'bench-1' },
  ...{ attempt: 1, attemptPhase: 'closed' },
  ...{ timeoutSeconds: 3_600, queueTimeoutSeconds: 86_400, graceSeconds: 10, noOutputTimeoutSeconds: null },
  ...{ submittedBy: 'token:tok_0mhq3yp4c0123456789abcdef0123456789abcdef', submitterName: 'ci' },
  ...{ createdAt: AT, startedAt: AT, deadlineAt: '2026-11-24T10:30:00.000Z', deadlinePending: false },
  ...{ finishedAt: LATER, waitReasons: [], queueKey: 'any' },
  ...{ artifactCounts: { uploading: 0, uploaded: 1, skipped: 0, failed: 0 }, lineCount: 1, rerunOf: null },
  url: 'http://localhost:3000/jobs/job_0mhq3z1k07f1c2b3a4d5e6f708192a3b4c5d6e7f8',
}

/** The same job right after it was submitted. */
export const QUEUED_JOB: JobView = {
  ...JOB,
  ...{ state: 'queued', exitCode: null, boxId: null, boxName: null, attempt: 0, attemptPhase: null },
  ...{ startedAt: null, deadlineAt: null, finishedAt: null, lineCount: 0 },
  artifactCounts: { uploading: 0, uploaded: 0, skipped: 0, failed: 0 },
}

export const SUBMISSION: Submitted = {
  ...{ name: 'smoke', script: NEW_JOB.script, entry: 'main.py', args: [], env: {}, labels: {} },
  ...{ target: { any: true }, requires: ['net:PowerSupply'], artifacts: { globs: [], lagerOutput: false } },
  ...{ timeoutSeconds: 3_600, queueTimeoutSeconds: 86_400, graceSeconds: 10, noOutputTimeoutSeconds: null },
  secretNames: [],
}

export const ATTEMPT: AttemptView = {
  ...{ attempt: 1, boxId: JOB.boxId ?? '', boxName: 'bench-1', phase: 'closed', endedBy: 'script', exitCode: 0 },
  ...{ signal: null, error: null, closedBy: 'done', lineCount: 1 },
  ranOn: { hostname: 'bench-1', lagerBoxId: 'bench-1', bootId: '7c1e2f9a', pythonVersion: '3.11.2' },
  ...{ placedAt: AT, launchedAt: AT, claimedAt: AT, exitedAt: LATER, closedAt: LATER },
}

export const JOB_EVENT: EventView = {
  ...{ seq: 1, type: 'submitted', state: 'queued', actor: JOB.submittedBy, actorName: 'ci', attempt: null },
  ...{ data: { name: 'smoke', queueKey: 'any', requestId: 'req-1' }, at: AT },
}

export const BOX_EVENT: EventView = {
  ...{ seq: 7, type: 'box_edited', state: null, actor: JOB.submittedBy, actorName: 'ci', attempt: null },
  ...{ data: { changes: { draining: { from: false, to: true } }, requestId: 'req-2' }, at: AT },
}

export const LOG_LINE = { attempt: 1, n: 1, at: AT, stream: 'stdout' as const, text: 'hello from a box' }

export const OUTPUT_VALUE = { n: 1, at: AT, encoding: 'json' as const, value: { volts: 3.3 } }

export const ARTIFACT: ArtifactView = {
  ...{ id: 'art_0mhq3z4x2a1b2c3d4e5f60718293a4b5c6d7e8f90', attempt: 1, path: 'out/trace.csv', source: 'artifacts' },
  ...{ state: 'uploaded', sizeBytes: 2_048, sentBytes: 2_048, sha256: SHA256, contentType: 'text/csv' },
  ...{ storageKey: 'org_1/artifacts/trace', why: null, createdAt: LATER, uploadedAt: LATER },
  url: `http://localhost:3000/api/v1/jobs/${JOB.id}/artifacts/art_0mhq3z4x2a1b2c3d4e5f60718293a4b5c6d7e8f90`,
}

export const NEW_BOX = { name: 'bench-1', host: '192.0.2.11', labels: { dut: 'stm32' } }

export const BOX: BoxView = {
  ...{ id: JOB.boxId ?? '', name: 'bench-1', host: '192.0.2.11', pythonPort: 5_000, httpPort: 9_000, hasToken: false },
  ...{ status: 'online', statusDetail: null, version: '0.40.0', lagerBoxId: 'bench-1', foundBoxId: null },
  ...{ hostname: 'bench-1', bootId: '6f0c3c1e-8f0e-4a52-9c1f-0b7f5b1c2d3e', pythonVersion: '3.11.2' },
  ...{ labels: { dut: 'stm32' }, nets: NETS, groups: ['radio'], slots: 1, leases: [], lockHolder: null },
  ...{ canCallBack: true, callBackDetail: null, identityMismatch: false, draining: false, createdAt: AT },
  ...{ lastSeenAt: LATER, probedAt: LATER, inspectedAt: LATER, removedAt: null },
}

export const PROBE: ProbeReport = {
  checks: [],
  canSave: true,
  found: {
    ...{ lagerBoxId: 'bench-1', hostname: 'bench-1', bootId: BOX.bootId ?? '', pythonVersion: '3.11.2' },
    ...{ version: '0.40.0', nets: NETS, lockHolder: null },
    callBacks: [{ url: 'http://192.0.2.1:3001', ok: true, detail: '200' }],
  },
}

export const GROUP: GroupView = {
  ...{ id: 'group_0mhq3zb1a1b2c3d4e5f60718293a4b5c6d7e8f901', name: 'radio' },
  ...{ boxes: [{ id: BOX.id, name: 'bench-1' }], createdAt: AT },
}

export const TOKEN: TokenView = {
  ...{ id: 'tok_0mhq3yp4c0123456789abcdef0123456789abcdef', name: 'ci' },
  user: { id: 'user_0mhq3yn2a0123456789abcdef0123456789abcdef', name: 'Ada' },
  ...{ createdAt: AT, lastUsedAt: null, expiresAt: '2027-02-22T09:30:00.000Z', revokedAt: null },
}
/** Of no use anywhere: it is made of one character. */
export const TOKEN_TEXT = `stout_${'x'.repeat(32)}`

export const RETENTION = { jobsDays: 365, logsDays: 90, artifactsDays: 30 }

/** A value for each parameter of a path. */
export const PARAMETERS: Record<string, string> = {
  ...{ jobId: JOB.id, boxId: BOX.id, groupId: GROUP.id, tokenId: TOKEN.id, artifactId: ARTIFACT.id, sha256: SHA256 },
}
