import { once } from 'node:events'
import type { Readable } from 'node:stream'
import Busboy, { type BusboyInstance } from '@fastify/busboy'
import { DomainError } from '../core/errors'

/** Takes the bytes of one part as they come. */
export type TakePart = (bytes: AsyncIterable<Uint8Array>) => Promise<void>

/**
 * Reads a form of which each part must come once, in any order. A part is handed on while it arrives; the next one comes when it
 * has been taken.
 * @param body the body's pieces; ended when the form is refused
 * @throws DomainError `bad_request` naming a part that is unknown, doubled, missing or broken off; what `body` and the takers throw.
 *   Every taker has ended then.
 */
export async function readForm(
  contentType: string,
  body: AsyncIterable<Uint8Array>,
  takers: Record<string, TakePart>,
): Promise<void> {
  const form = openForm(contentType)
  const refused = Promise.withResolvers<never>()
  refused.promise.catch(() => undefined) // seen by whoever races with it
  const [open, taken] = [[] as Readable[], new Map<string, Promise<void>>()]
  form.on('error', (error) => refused.reject(badForm(`The form cannot be read: ${textOf(error)}`)))
  form.on('file', (name, stream) => {
    open.push(stream)
    stream.on('error', () => undefined) // told by reading it
    const take = Object.hasOwn(takers, name) ? takers[name] : undefined
    if (!take) return refused.reject(badPart(name, 'is not a known part'))
    if (taken.has(name)) return refused.reject(badPart(name, 'is given twice'))
    const taking = take(arriving(name, stream))
    taking.catch(refused.reject)
    taken.set(name, taking)
  })
  try {
    await Promise.race([refused.promise, pump(body, form, refused.promise)])
    await Promise.all(taken.values())
  } catch (error) {
    for (const stream of open) stream.destroy(error instanceof Error ? error : undefined)
    await Promise.allSettled(taken.values())
    throw error
  }
  const missing = Object.keys(takers).find((name) => !taken.has(name))
  if (missing !== undefined) throw badPart(missing, 'is required')
}

async function pump(body: AsyncIterable<Uint8Array>, form: BusboyInstance, refused: Promise<never>): Promise<void> {
  const finished = once(form, 'finish')
  finished.catch(() => undefined) // an error is told by its own event
  for await (const piece of body) {
    await Promise.race([refused, new Promise<void>((resolve) => form.write(piece, () => resolve()))])
  }
  form.end()
  await Promise.race([refused, finished])
}

async function* arriving(name: string, stream: Readable): AsyncGenerator<Uint8Array> {
  try {
    yield* stream
  } catch (error) {
    throw error instanceof DomainError ? error : badPart(name, `broke off: ${textOf(error)}`)
  }
}

function openForm(contentType: string): BusboyInstance {
  try {
    return new Busboy({ headers: { 'content-type': contentType }, isPartAFile: () => true })
  } catch (error) {
    throw badForm(`The form cannot be read: ${textOf(error)}`)
  }
}

function badForm(message: string): DomainError {
  return new DomainError('bad_request', message)
}

function badPart(name: string, message: string): DomainError {
  return new DomainError('bad_request', `${name}: ${message}`, {}, [{ path: name, message }])
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
