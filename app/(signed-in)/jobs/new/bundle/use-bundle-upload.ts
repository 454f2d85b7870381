'use client'

import { useEffect, useState, useSyncExternalStore } from 'react'
import { leaveWhenSignedOut } from '../../../../data/trpc'
import { BundleUpload } from './bundle-upload'
import type { BundleLimits } from './content'
import { listZip } from './list-zip'
import { isStored, sendBundle, sha256Of } from './send-bundle'
import { zipInWorker } from './zip-in-worker'

/** The bundle of a form: it lives as long as the form is shown. */
export function useBundleUpload(limits: BundleLimits): BundleUpload {
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
  useEffect(() => () => upload.clear(), [upload])
  return upload
}

async function orLeave<T>(call: Promise<T>): Promise<T> {
  return await call.catch((error: unknown) => {
    leaveWhenSignedOut(error)
    throw error
  })
}
