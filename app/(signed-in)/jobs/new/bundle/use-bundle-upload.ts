'use client'

import { useEffect, useState, useSyncExternalStore } from 'react'
import { leaveWhenSignedOut } from '../../../../data/trpc'
import { BundleUpload } from './bundle-upload'
import type { BundleLimits } from './content'
import { listZip } from './list-zip'
import { isStored, type StoredBundle, sendBundle, sha256Of } from './send-bundle'
import { zipInWorker } from './zip-in-worker'

/** The bundle of a form: it lives as long as the form is shown. `kept` is the one that it begins with. */
export function useBundleUpload(limits: BundleLimits, kept?: StoredBundle): BundleUpload {
  const [upload] = useState(
    () =>
      new BundleUpload(
        {
          zip: zipInWorker,
          list: listZip,
          hash: sha256Of,
          isStored: (...call) => orLeave(isStored(...call)),
          send: (...call) => orLeave(sendBundle(...call)),
        },
        limits,
      ),
  )
  useSyncExternalStore(
    upload.watch,
    () => upload.state,
    () => upload.state,
  )
  useEffect(() => {
    if (kept) upload.keep(kept)
    return () => upload.clear()
  }, [upload, kept])
  return upload
}

async function orLeave<T>(call: Promise<T>): Promise<T> {
  return await call.catch((error: unknown) => {
    leaveWhenSignedOut(error)
    throw error
  })
}
