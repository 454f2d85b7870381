import { expect, test } from 'vitest'
import { aBox } from '../../core/testing/fixtures'
import { ask } from '../testing/ask'
import { aMember, aServer } from '../testing/fixtures'

test('a group is made, listed, changed and deleted; boxes that join and leave tell of it', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  const [one, two] = [await aBox(ctx, { name: 'bench-1' }), await aBox(ctx, { name: 'bench-2' })]
  const made = await ask(s.url, '/groups', {
    bearer,
    body: { name: 'radio', boxes: ['bench-2', 'bench-1', 'bench-1'] },
  })
  expect(made).toMatchObject({
    ...{
      status: 201,
      json: {
        name: 'radio',
        boxes: [
          { id: one, name: 'bench-1' },
          { id: two, name: 'bench-2' },
        ],
      },
    },
  })
  const where = made.headers.get('location')?.replace('/api/v1', '') ?? ''
  expect(await ask(s.url, where, { bearer })).toMatchObject({ json: made.json })
  expect((await ask(s.url, '/groups', { bearer })).json).toEqual({ items: [made.json], nextCursor: null })

  const patch = (body: object) => ask(s.url, where, { bearer, method: 'PATCH', body })
  expect(await patch({ name: 'radios' })).toMatchObject({ json: { name: 'radios', boxes: [{}, {}] } })
  expect(await patch({ boxes: ['bench-2'] })).toMatchObject({ json: { name: 'radios', boxes: [{ name: 'bench-2' }] } })
  expect(await patch({})).toMatchObject({ status: 200, json: { name: 'radios' } })
  expect(await ask(s.url, where, { bearer, method: 'DELETE' })).toMatchObject({ status: 200, json: { name: 'radios' } })
  expect(await ask(s.url, where, { bearer })).toMatchObject({ status: 404, json: { code: 'not_found' } })

  const changesOf = async (boxId: string) =>
    (await ask(s.url, `/boxes/${boxId}/events`, { bearer })).json.items
      .map(({ data }: { data: { changes: { groups: object } } }) => data.changes.groups)
      .reverse()
  expect(await changesOf(one)).toEqual([
    { from: [], to: ['radio'] },
    { from: ['radios'], to: [] },
  ])
  expect(await changesOf(two)).toEqual([
    { from: [], to: ['radio'] },
    { from: ['radios'], to: [] },
  ])
  const ofOrg = await s.db.selectFrom('events').select('type').where('subject', '=', ctx.orgId).orderBy('seq').execute()
  expect(ofOrg.map(({ type }) => type)).toEqual(['group_created', 'group_renamed', 'group_deleted'])
})

test('groups are listed by name, a page at a time', async () => {
  await using s = await aServer()
  const { bearer } = await aMember(s.web)
  for (const name of ['c', 'a', 'b']) await ask(s.url, '/groups', { bearer, body: { name } })
  const first = await ask(s.url, '/groups?limit=2', { bearer })
  expect(first.json).toMatchObject({ items: [{ name: 'a' }, { name: 'b' }], nextCursor: 'b' })
  expect((await ask(s.url, '/groups?limit=2&cursor=b', { bearer })).json).toMatchObject({
    ...{ items: [{ name: 'c' }], nextCursor: null },
  })
})

test('what is wrong is said by field, and nothing is changed', async () => {
  await using s = await aServer()
  const { ctx, bearer } = await aMember(s.web)
  await aBox(ctx, { name: 'bench-1' })
  const { json: group } = await ask(s.url, '/groups', { bearer, body: { name: 'radio', boxes: ['bench-1'] } })
  const make = (body: object) => ask(s.url, '/groups', { bearer, body })
  expect(await make({ name: 'radio' })).toMatchObject({ status: 409, json: { issues: [{ path: 'name' }] } })
  expect(await make({ name: 'x', boxes: ['bench-1', 'no'] })).toMatchObject({
    ...{ status: 422, json: { issues: [{ path: 'boxes.1', message: 'There is no box named "no".' }] } },
  })
  expect(await make({ name: '' })).toMatchObject({ status: 400, json: { issues: [{ path: 'name' }] } })
  expect(await make({ name: 'x', colour: 'red' })).toMatchObject({
    status: 400,
    json: { issues: [{ path: 'colour' }] },
  })
  await make({ name: 'y' })
  const rename = await ask(s.url, `/groups/${group.id}`, { bearer, method: 'PATCH', body: { name: 'y' } })
  expect(rename).toMatchObject({ status: 409, json: { issues: [{ path: 'name' }] } })
  expect((await ask(s.url, '/groups', { bearer })).json.items).toMatchObject([group, { name: 'y' }])

  const stranger = await aMember(s.web)
  const member = await aMember(s.web, ctx, 'member')
  const change = (as: string, method: string) =>
    ask(s.url, `/groups/${group.id}`, { bearer: as, method, ...(method === 'PATCH' && { body: { name: 'z' } }) })
  for (const method of ['PATCH', 'DELETE']) {
    expect(await change(stranger.bearer, method)).toMatchObject({ status: 404 })
    expect(await change(member.bearer, method)).toMatchObject({ status: 403 })
  }
  expect(await ask(s.url, `/groups/${group.id}`, { bearer: member.bearer })).toMatchObject({ json: group })
  expect(await ask(s.url, '/groups/nothing', { bearer })).toMatchObject({ status: 404 })
})
