import { expect, test } from 'vitest'
import type { Settings } from './state'
import { isStoreEmbedded, storeEnvironment } from './store'

const storeKeys = { accessKeyId: 'STOUT1', secretAccessKey: 'secret' }
const settings = { storePort: 9107, storeKeys } as Settings
const own = { S3_ACCESS_KEY_ID: storeKeys.accessKeyId, S3_SECRET_ACCESS_KEY: storeKeys.secretAccessKey }

test('web and worker are told where the embedded store is and what opens it', () => {
  expect(storeEnvironment({}, settings, '127.0.0.1', 'http://127.0.0.1:3001')).toEqual({
    S3_ENDPOINT: 'http://127.0.0.1:9107',
    S3_PUBLIC_ENDPOINT: 'http://127.0.0.1:9107',
    S3_BUCKET: 'stout',
    S3_REGION: 'us-east-1',
    ...own,
  })
})

test('boxes elsewhere find the store on the machine where they find the worker, unless they are told', () => {
  const boxUrl = 'http://192.0.2.1:3001'
  const found = storeEnvironment({}, settings, '127.0.0.1', boxUrl)
  expect(found).toMatchObject({ S3_ENDPOINT: 'http://127.0.0.1:9107', S3_PUBLIC_ENDPOINT: 'http://192.0.2.1:9107' })
  const told = { S3_PUBLIC_ENDPOINT: 'https://store.example.com', S3_BUCKET: 'mine' }
  expect(storeEnvironment(told, settings, '127.0.0.1', boxUrl)).toMatchObject(told)
})

test('the store is embedded unless another one is named', () => {
  expect(isStoreEmbedded({})).toBe(true)
  expect(isStoreEmbedded({ S3_ENDPOINT: '' })).toBe(true)
  expect(isStoreEmbedded({ S3_ENDPOINT: 'https://s3.example.com' })).toBe(false)
})
