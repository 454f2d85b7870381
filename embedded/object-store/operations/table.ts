import { S3Error } from '../errors'
import type { S3Request } from '../request'
import { createBucket, headBucket, listBuckets } from './buckets'
import { completeMultipartUpload } from './complete-upload'
import { copyObject } from './copy-object'
import { deleteObject } from './delete-object'
import { deleteObjects } from './delete-objects'
import { getObject, OVERRIDES } from './get-object'
import { listObjects } from './list-objects'
import { listMultipartUploads, listParts } from './list-uploads'
import { abortMultipartUpload, createMultipartUpload, uploadPart } from './multipart'
import type { Answer, BucketCall, Call, ObjectCall } from './operation'
import { putObject } from './put-object'

/** What tells an operation from others, and what else its query may hold. */
type Shape = {
  name: string
  method: string
  /** Parameters that must be there. */
  marks?: readonly string[]
  /** Parameters that may be there. */
  may?: readonly string[]
  /** Takes its bytes from another object, which `x-amz-copy-source` names. */
  copies?: true
  /** Reads a body. The others must have none. */
  takesBody?: true
  /** A checksum in the headers is that of the object, not of the body. */
  checksumIsOfObject?: true
}
export type Operation = Shape &
  (
    | { on: 'service'; run: (call: Call) => Promise<Answer> }
    | { on: 'bucket'; run: (call: BucketCall) => Promise<Answer> }
    | { on: 'object'; run: (call: ObjectCall) => Promise<Answer> }
  )

/** All there is. The first that fits is meant, so those with marks stand before those without. */
const OPERATIONS: readonly Operation[] = [
  { name: 'ListBuckets', method: 'GET', on: 'service', run: listBuckets },
  { name: 'CreateBucket', method: 'PUT', on: 'bucket', takesBody: true, run: createBucket },
  { name: 'HeadBucket', method: 'HEAD', on: 'bucket', run: headBucket },
  {
    name: 'ListObjectsV2',
    method: 'GET',
    on: 'bucket',
    marks: ['list-type'],
    may: ['prefix', 'delimiter', 'max-keys', 'start-after', 'continuation-token', 'encoding-type'],
    run: listObjects,
  },
  {
    name: 'ListMultipartUploads',
    method: 'GET',
    on: 'bucket',
    marks: ['uploads'],
    may: ['prefix', 'key-marker', 'upload-id-marker', 'max-uploads', 'encoding-type'],
    run: listMultipartUploads,
  },
  { name: 'DeleteObjects', method: 'POST', on: 'bucket', marks: ['delete'], takesBody: true, run: deleteObjects },
  { name: 'CreateMultipartUpload', method: 'POST', on: 'object', marks: ['uploads'], run: createMultipartUpload },
  {
    name: 'CompleteMultipartUpload',
    method: 'POST',
    on: 'object',
    marks: ['uploadId'],
    takesBody: true,
    checksumIsOfObject: true,
    run: completeMultipartUpload,
  },
  { name: 'AbortMultipartUpload', method: 'DELETE', on: 'object', marks: ['uploadId'], run: abortMultipartUpload },
  {
    name: 'ListParts',
    method: 'GET',
    on: 'object',
    marks: ['uploadId'],
    may: ['part-number-marker', 'max-parts'],
    run: listParts,
  },
  { name: 'CopyObject', method: 'PUT', on: 'object', copies: true, run: copyObject },
  {
    name: 'UploadPart',
    method: 'PUT',
    on: 'object',
    marks: ['partNumber', 'uploadId'],
    takesBody: true,
    run: uploadPart,
  },
  { name: 'PutObject', method: 'PUT', on: 'object', takesBody: true, run: putObject },
  { name: 'GetObject', method: 'GET', on: 'object', may: OVERRIDES, run: getObject },
  { name: 'HeadObject', method: 'HEAD', on: 'object', may: OVERRIDES, run: getObject },
  { name: 'DeleteObject', method: 'DELETE', on: 'object', run: deleteObject },
]

/** Parameters of signatures, what SDKs add for people who read logs, and headers that a presigned request carries. */
const ANYWHERE = /^(x-id$|X-Amz-(Algorithm|Credential|Date|Expires|SignedHeaders|Signature|Content-Sha256)$|x-amz-)/

/**
 * The operation that a request asks for. A parameter that the store does not know may change what is meant (`?acl`,
 * `?versionId=…`), so the request is refused.
 * @throws S3Error NotImplemented, MethodNotAllowed
 */
export function operationFor(request: S3Request, headers: ReadonlyMap<string, string>): Operation {
  const on = request.bucket === null ? 'service' : request.key === null ? 'bucket' : 'object'
  const here = OPERATIONS.filter((operation) => operation.on === on && operation.method === request.method)
  if (here.length === 0) throw new S3Error('MethodNotAllowed')
  const asked = [...request.query.keys()].filter((name) => !ANYWHERE.test(name))
  const found = here.find(({ marks = [], may = [], copies = false }) => {
    if (copies !== headers.has('x-amz-copy-source')) return false
    return marks.every((mark) => asked.includes(mark)) && asked.every((name) => [...marks, ...may].includes(name))
  })
  if (!found) throw new S3Error('NotImplemented', `The store has no such operation (${asked.join(', ')}).`)
  return found
}
