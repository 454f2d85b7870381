import { createHash, randomUUID } from 'node:crypto'
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
} from '@aws-sdk/client-s3'
import { presignPart, presignPut } from '../../../core/store/presign'
import { openStore, type Store } from '../../../core/store/store'
import type { StoreAccess } from '../../../embedded/object-store/testing/store'

type Announced = { path: string; source: string; sizeBytes: number; sha256: string; partSha256?: string[] }
type Sent = { artifactId: string; parts?: { number: number; etag: string }[] }
export type Unsent = { path: string; source: string; sizeBytes: number | null; state: string; why: string }
export type Kept = Announced & { artifactId: string; state: 'uploading' | 'uploaded'; key: string; uploadId?: string }

/** Answers the verbs about artifacts as docs/box-api.md says, with a real object store behind it, for one attempt. */
export class ArtifactDesk {
  readonly kept = new Map<string, Kept>()
  readonly unsent: Unsent[] = []
  readonly progress: Record<string, number>[] = []
  /** How many files each POST /uploads spoke of. */
  readonly batches: number[] = []
  /** What becomes of the URLs that it hands out: a test leads them through a proxy, or spoils them. */
  url = (url: string) => url
  /** Says of files that were sent that the store does not have them as it should. */
  doubts: (file: Kept) => string | undefined = () => undefined
  partBytes = 64 << 20
  /** Called with each file that is announced, before it is answered. */
  announced: (file: Announced) => Promise<void> | void = () => undefined
  /** Paths that make it refuse a whole message. */
  refuses: (path: string) => boolean = () => false
  private readonly store: Store

  /** @param through where boxes reach the store, when it is elsewhere: signatures name the host */
  constructor(access: StoreAccess, through = access.endpoint) {
    this.store = openStore({
      S3_ENDPOINT: access.endpoint,
      S3_PUBLIC_ENDPOINT: through,
      S3_BUCKET: access.bucket,
      S3_REGION: access.region,
      S3_ACCESS_KEY_ID: access.accessKeyId,
      S3_SECRET_ACCESS_KEY: access.secretAccessKey,
    })
  }

  close(): void {
    this.store.close()
  }

  /** Files that are uploaded, by path. */
  get uploaded(): Kept[] {
    const files = [...this.kept.values()].filter(({ state }) => state === 'uploaded')
    return files.sort((a, b) => (a.path < b.path ? -1 : 1))
  }

  get paths(): string[] {
    return this.uploaded.map(({ path }) => path)
  }

  /** What the store has of a file. */
  async bytes(path: string): Promise<Buffer> {
    const { client, bucket } = this.store
    const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: this.kept.get(path)?.key }))
    return Buffer.from((await found.Body?.transformToByteArray()) ?? [])
  }

  async text(path: string): Promise<string> {
    return (await this.bytes(path)).toString()
  }

  /** The SHA-256 of what the store has of a file. */
  async sha256(path: string): Promise<string> {
    return createHash('sha256')
      .update(await this.bytes(path))
      .digest('hex')
  }

  /** Nothing when it refuses the message. */
  async answer(path: string, message: Record<string, unknown>): Promise<object | undefined> {
    if (path === '/uploads') {
      const files = message.files as Announced[]
      if (files.some((file) => this.refuses(file.path))) return undefined
      for (const file of files) await this.announced(file)
      this.batches.push(files.length)
      return { files: await Promise.all(files.map((file) => this.begin(file))) }
    }
    if (path === '/uploaded')
      return { files: await Promise.all((message.files as Sent[]).map((file) => this.confirm(file))) }
    if (path === '/skipped') {
      const fresh = (message.files as Unsent[]).filter((file) => this.kept.get(file.path)?.state !== 'uploaded')
      for (const file of fresh) if (!this.unsent.some(({ path }) => path === file.path)) this.unsent.push(file)
    }
    if (path === '/progress') this.progress.push(message.sentBytes as Record<string, number>)
    return {}
  }

  private async begin(file: Announced): Promise<object> {
    let kept = this.kept.get(file.path)
    if (kept?.state === 'uploaded' && kept.sha256 === file.sha256)
      return { artifactId: kept.artifactId, state: 'uploaded' }
    if (kept?.sha256 !== file.sha256) {
      const artifactId = kept?.artifactId ?? `art_${randomUUID()}`
      kept = { ...file, artifactId, state: 'uploading', key: randomUUID() }
      if (file.partSha256) kept.uploadId = await this.createUpload(kept.key)
      this.kept.set(file.path, kept)
    }
    const told = { artifactId: kept.artifactId, state: 'uploading' }
    if (!kept.uploadId)
      return {
        ...told,
        put: this.through(await presignPut(this.store, kept.key, { ...file, contentType: 'text/plain' })),
      }
    return { ...told, parts: await this.partsOf(file, kept.key, kept.uploadId) }
  }

  private async createUpload(key: string): Promise<string> {
    const command = new CreateMultipartUploadCommand({
      Bucket: this.store.bucket,
      Key: key,
      ChecksumAlgorithm: 'SHA256',
    })
    return (await this.store.client.send(command)).UploadId ?? ''
  }

  private async partsOf({ sizeBytes, partSha256 = [] }: Announced, key: string, uploadId: string) {
    return await Promise.all(
      partSha256.map(async (sha256, index) => {
        const size = Math.min(this.partBytes, sizeBytes - index * this.partBytes)
        const part = { uploadId, number: index + 1, sizeBytes: size, sha256 }
        return { number: index + 1, ...this.through(await presignPart(this.store, key, part)) }
      }),
    )
  }

  private through({ url, headers }: { url: string; headers: Record<string, string> }) {
    return { url: this.url(url), headers }
  }

  private async confirm({ artifactId, parts }: Sent): Promise<object> {
    const kept = [...this.kept.values()].find((file) => file.artifactId === artifactId)
    if (!kept) return { artifactId, state: 'uploading', problem: 'there is no such artifact' }
    const problem = this.doubts(kept) ?? (await this.problemOf(kept, parts))
    if (problem) return { artifactId, state: 'uploading', problem }
    kept.state = 'uploaded'
    return { artifactId, state: 'uploaded' }
  }

  private async problemOf(kept: Kept, parts: Sent['parts']): Promise<string | undefined> {
    const { client, bucket } = this.store
    if (kept.uploadId && parts) {
      const Parts = parts.map(({ number, etag }) => ({
        PartNumber: number,
        ETag: etag,
        ChecksumSHA256: Buffer.from(kept.partSha256?.[number - 1] ?? '', 'hex').toString('base64'),
      }))
      const upload = { Bucket: bucket, Key: kept.key, UploadId: kept.uploadId, MultipartUpload: { Parts } }
      await client.send(new CompleteMultipartUploadCommand(upload))
    }
    const head = new HeadObjectCommand({ Bucket: bucket, Key: kept.key })
    const found = await client.send(head).catch(() => undefined)
    if (!found) return 'it is not in the store'
    return found.ContentLength === kept.sizeBytes ? undefined : `the store has ${found.ContentLength} bytes`
  }
}
