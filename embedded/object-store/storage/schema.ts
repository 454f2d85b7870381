import { DatabaseSync } from 'node:sqlite'

/**
 * Keys are blobs, so that they sort by their UTF-8 bytes as S3 lists them and may hold any character. An object or upload
 * has an id; its pieces (one for a plain PUT, one a part for a multipart upload) belong to that id, so that completing an
 * upload moves no bytes.
 */
const SCHEMA = `
  create table if not exists buckets (
    name text primary key,
    created_at integer not null
  ) strict;
  create table if not exists objects (
    bucket text not null references buckets (name),
    key blob not null,
    id text not null,
    size_bytes integer not null,
    etag text not null,
    modified_at integer not null,
    checksum text,
    headers text not null,
    primary key (bucket, key)
  ) strict, without rowid;
  create table if not exists uploads (
    id text primary key,
    bucket text not null references buckets (name),
    key blob not null,
    started_at integer not null,
    algorithm text,
    headers text not null
  ) strict, without rowid;
  create index if not exists uploads_by_key on uploads (bucket, key, id);
  create table if not exists pieces (
    owner text not null,
    n integer not null,
    file text not null,
    size_bytes integer not null,
    etag text not null,
    modified_at integer not null,
    checksum text,
    primary key (owner, n)
  ) strict, without rowid;
`

/**
 * Opens the catalogue of the store. Every commit is on the disk before it returns. One process at a time: the lock falls
 * with the process that holds it.
 * @throws Error when another process has it
 */
export function openCatalogueFile(file: string): DatabaseSync {
  const db = new DatabaseSync(file, { timeout: 2000 })
  try {
    db.exec('pragma locking_mode = exclusive')
    db.exec('pragma journal_mode = wal')
    db.exec('pragma synchronous = full')
    db.exec('pragma foreign_keys = on')
    db.exec(`begin immediate; ${SCHEMA} commit`)
    return db
  } catch (error) {
    db.close()
    throw error
  }
}
