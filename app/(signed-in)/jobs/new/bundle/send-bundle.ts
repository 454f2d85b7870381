import { RestError, restError, UNREACHABLE } from '../../../../data/rest'

/** A bundle that the organisation has now. */
export type StoredBundle = { sha256: string; sizeBytes: number }

const BUNDLES = '/api/v1/bundles'

/** SHA-256 in hex; null where the browser has no means for it: on plain http, but for localhost. */
export async function sha256Of(bytes: ArrayBuffer): Promise<string | null> {
  if (!globalThis.crypto?.subtle) return null
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes))
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** True if the organisation has this bundle already, so that nothing needs to be sent. */
export async function isStored(sha256: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${BUNDLES}/${sha256}`, { method: 'HEAD', signal }).catch(() => {
    signal.throwIfAborted()
    throw new RestError(0, UNREACHABLE)
  })
  if (response.ok) return true
  if (response.status === 404) return false
  throw restError(response.status, '', response.headers.get('x-request-id'))
}

/**
 * Sends a zip to Stout, which checks it. By XMLHttpRequest, because fetch tells nobody how much was sent.
 * @throws RestError with the issues of the zip when it is refused
 */
export function sendBundle(
  zip: Blob,
  onProgress: (sentBytes: number) => void,
  signal: AbortSignal,
): Promise<StoredBundle> {
  const request = new XMLHttpRequest()
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => request.abort(), { once: true })
    request.upload.onprogress = ({ loaded }) => onProgress(loaded)
    request.onabort = () => reject(signal.reason)
    request.onerror = () => reject(new RestError(0, UNREACHABLE))
    request.onload = () => {
      const { status, responseText } = request
      if (status === 200 || status === 201) resolve(JSON.parse(responseText) as StoredBundle)
      else reject(restError(status, responseText, request.getResponseHeader('x-request-id')))
    }
    request.open('POST', BUNDLES)
    request.setRequestHeader('content-type', 'application/zip')
    request.send(zip)
  })
}
