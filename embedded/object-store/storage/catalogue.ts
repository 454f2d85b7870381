import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite'
import type { Checksum, ChecksumAlgorithm } from '../body/checksums'
import { S3Error } from '../errors'
import { openCatalogueFile } from './schema'

/** Headers that are stored with an object and come back with it: Content-Type, x-amz-meta-…, by lower-case name. */
export type StoredHeaders = Record<string, string>

export type Piece = {
  n: number
  file: string
  sizeBytes: number
  etag: string
  modifiedAt: number
  checksum: Checksum | null
}
export type StoredObject = {
  key: string
  id: string
  sizeBytes: number
  /** Without quotes. */
  etag: string
  /** Milliseconds since 1970. */
  modifiedAt: number
  checksum: Checksum | null
  headers: StoredHeaders
}
export type Upload = {
  id: string
  bucket: string
  key: string
  startedAt: number
  algorithm: ChecksumAlgorithm | null
  headers: StoredHeaders
}
type Row = Record<string, unknown>

/** Looks at what is there now and throws when the change must not be made. */
export type Condition = (current: StoredObject | null) => void

/**
 * What the store holds: buckets, objects, uploads and which data files they are made of. Synchronous, so that nothing can
 * come between a condition and the change it allows. Methods that make files needless return their names; whoever calls
 * removes them once the change is committed.
 */
export class Catalogue {
  private readonly db: DatabaseSync
  private readonly statements = new Map<string, StatementSync>()

  constructor(file: string) {
    this.db = openCatalogueFile(file)
  }

  close(): void {
    this.db.close()
  }

  one(sql: string, ...values: SQLInputValue[]): Row | null {
    return (this.prepared(sql).get(...values) as Row | undefined) ?? null
  }

  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.prepared(sql).all(...values) as Row[]
  }

  private run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.prepared(sql).run(...values).changes)
  }

  private prepared(sql: string): StatementSync {
    const known = this.statements.get(sql)
    if (known) return known
    const statement = this.db.prepare(sql)
    this.statements.set(sql, statement)
    return statement
  }

  private transaction<T>(work: () => T): T {
    this.run('begin immediate')
    try {
      const result = work()
      this.run('commit')
      return result
    } catch (error) {
      if (this.db.isTransaction) this.run('rollback')
      throw error
    }
  }

  /** Whether it was not there yet. */
  createBucket(name: string, at: Date): boolean {
    return this.run('insert or ignore into buckets values (?, ?)', name, at.getTime()) > 0
  }

  buckets(): { name: string; createdAt: number }[] {
    const rows = this.all('select name, created_at from buckets order by name')
    return rows.map((row) => ({ name: String(row.name), createdAt: Number(row.created_at) }))
  }

  requireBucket(name: string): void {
    if (!this.one('select 1 from buckets where name = ?', name)) throw new S3Error('NoSuchBucket')
  }

  object(bucket: string, key: string): StoredObject | null {
    const row = this.one('select * from objects where bucket = ? and key = ?', bucket, bytes(key))
    return row && toObject(row)
  }

  pieces(owner: string): Piece[] {
    return this.all('select * from pieces where owner = ? order by n', owner).map(toPiece)
  }

  /** Puts an object in the place of what had its key. @throws whatever `condition` throws */
  putObject(bucket: string, object: StoredObject, pieces: readonly Piece[], condition: Condition): string[] {
    return this.transaction(() => {
      const needless = this.replaceObject(bucket, object, condition)
      for (const piece of pieces) this.insertPiece(object.id, piece)
      return needless
    })
  }

  private replaceObject(bucket: string, object: StoredObject, condition: Condition): string[] {
    this.requireBucket(bucket)
    const current = this.object(bucket, object.key)
    condition(current)
    const needless = current ? this.removePieces(current.id) : []
    const { key, id, sizeBytes, etag, modifiedAt, checksum, headers } = object
    const values = [bucket, bytes(key), id, sizeBytes, etag, modifiedAt, json(checksum), JSON.stringify(headers)]
    this.run('insert or replace into objects values (?, ?, ?, ?, ?, ?, ?, ?)', ...values)
    return needless
  }

  /** Removes several objects together. */
  removeObjects(bucket: string, keys: readonly string[]): string[] {
    return this.transaction(() => {
      this.requireBucket(bucket)
      return keys.flatMap((key) => this.dropObject(bucket, key, this.object(bucket, key)))
    })
  }

  removeObject(bucket: string, key: string, condition: Condition): string[] {
    return this.transaction(() => {
      this.requireBucket(bucket)
      const current = this.object(bucket, key)
      condition(current)
      return this.dropObject(bucket, key, current)
    })
  }

  private dropObject(bucket: string, key: string, current: StoredObject | null): string[] {
    if (!current) return []
    this.run('delete from objects where bucket = ? and key = ?', bucket, bytes(key))
    return this.removePieces(current.id)
  }

  createUpload({ id, bucket, key, startedAt, algorithm, headers }: Upload): void {
    const values = [id, bucket, bytes(key), startedAt, algorithm, JSON.stringify(headers)]
    this.run('insert into uploads values (?, ?, ?, ?, ?, ?)', ...values)
  }

  upload(id: string): Upload | null {
    const row = this.one('select * from uploads where id = ?', id)
    return row && toUpload(row)
  }

  /** @throws S3Error NoSuchUpload when it was completed or aborted while the part travelled */
  putPart(uploadId: string, part: Piece): string[] {
    return this.transaction(() => {
      if (!this.upload(uploadId)) throw new S3Error('NoSuchUpload')
      const needless = this.removePiece(uploadId, part.n)
      this.insertPiece(uploadId, part)
      return needless
    })
  }

  /** Makes an object of the upload's `pieces`; its other parts are needless. @throws S3Error when they are not all there */
  completeUpload(
    { id, bucket }: Upload,
    object: StoredObject,
    pieces: readonly Piece[],
    condition: Condition,
  ): string[] {
    return this.transaction(() => {
      if (this.run('delete from uploads where id = ?', id) === 0) throw new S3Error('NoSuchUpload')
      const wanted = new Set(pieces.map(({ file }) => file))
      const left = this.pieces(id).filter(({ file }) => !wanted.delete(file))
      if (wanted.size > 0) throw new S3Error('InvalidPart') // replaced since it was looked at
      const needless = left.flatMap(({ n }) => this.removePiece(id, n))
      return [...needless, ...this.replaceObject(bucket, object, condition)]
    })
  }

  abortUpload(id: string): string[] {
    return this.transaction(() => {
      if (this.run('delete from uploads where id = ?', id) === 0) throw new S3Error('NoSuchUpload')
      return this.removePieces(id)
    })
  }

  private insertPiece(owner: string, piece: Piece): void {
    const { n, file, sizeBytes, etag, modifiedAt, checksum } = piece
    const values = [owner, n, file, sizeBytes, etag, modifiedAt, json(checksum)]
    this.run('insert or replace into pieces values (?, ?, ?, ?, ?, ?, ?)', ...values)
  }

  private removePiece(owner: string, n: number): string[] {
    const rows = this.all('delete from pieces where owner = ? and n = ? returning file', owner, n)
    return rows.map((row) => String(row.file))
  }

  private removePieces(owner: string): string[] {
    return this.all('delete from pieces where owner = ? returning file', owner).map((row) => String(row.file))
  }

  /** The names of all data files that something is made of. */
  files(): Set<string> {
    return new Set(this.all('select file from pieces').map((row) => String(row.file)))
  }
}

export const bytes = (key: string): Buffer => Buffer.from(key, 'utf8')
export const text = (blob: unknown): string => Buffer.from(blob as Uint8Array).toString('utf8')
const json = (value: unknown): string | null => (value === null ? null : JSON.stringify(value))
const parsed = <T>(value: unknown): T => JSON.parse(String(value)) as T

export function toObject(row: Row): StoredObject {
  return {
    key: text(row.key),
    id: String(row.id),
    sizeBytes: Number(row.size_bytes),
    etag: String(row.etag),
    modifiedAt: Number(row.modified_at),
    checksum: row.checksum === null ? null : parsed<Checksum>(row.checksum),
    headers: parsed<StoredHeaders>(row.headers),
  }
}

export function toUpload(row: Row): Upload {
  return {
    id: String(row.id),
    bucket: String(row.bucket),
    key: text(row.key),
    startedAt: Number(row.started_at),
    algorithm: row.algorithm === null ? null : (row.algorithm as ChecksumAlgorithm),
    headers: parsed<StoredHeaders>(row.headers),
  }
}

function toPiece(row: Row): Piece {
  return {
    n: Number(row.n),
    file: String(row.file),
    sizeBytes: Number(row.size_bytes),
    etag: String(row.etag),
    modifiedAt: Number(row.modified_at),
    checksum: row.checksum === null ? null : parsed<Checksum>(row.checksum),
  }
}
