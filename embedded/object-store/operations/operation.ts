import type { Body } from '../body/body'
import type { S3Request } from '../request'
import type { Store } from '../storage/store'

/** A request that was let in, and what it is carried out with. */
export type Call = {
  store: Store
  region: string
  request: S3Request
  /** Of the request, and those that a presigned one carries in its query. */
  headers: ReadonlyMap<string, string>
  body: Body
}
export type BucketCall = Call & { bucket: string }
export type ObjectCall = BucketCall & { key: string }

export type Answer = {
  status: number
  headers?: Record<string, string>
  /** XML, or bytes that are read while they are sent; `release` is called when that is over, however it ended. */
  body?: string | { bytes: AsyncIterable<Buffer>; release: () => void }
}
