import { writeCondition } from './conditions'
import type { Answer, ObjectCall } from './operation'

/** Removes an object; that it is not there is no error, as in S3. */
export async function deleteObject({ store, bucket, key, headers }: ObjectCall): Promise<Answer> {
  const condition = writeCondition(headers)
  store.files.remove(store.catalogue.removeObject(bucket, key, condition))
  return { status: 204 }
}
