import type { System } from './system'

/** The pages of the product by name, each with a path: of a job that has run, and of the demo box. */
export async function pagePaths({ api, token, box }: System, jobId: string): Promise<Record<string, string>> {
  const answer = await fetch(`${api}/boxes`, { headers: { authorization: `Bearer ${token}` } })
  const { items } = (await answer.json()) as { items: { id: string; name: string }[] }
  const boxId = items.find(({ name }) => name === box.name)?.id ?? ''
  return {
    'sign-in': '/sign-in',
    overview: '/',
    jobs: '/jobs',
    job: `/jobs/${jobId}`,
    'new job': '/jobs/new',
    boxes: '/boxes',
    box: `/boxes/${boxId}`,
    groups: '/groups',
    account: '/account',
  }
}

/** Asks for each page once, signed in where that is needed, as a browser would; the first answers of a process are never its usual ones. */
export async function visitAll(system: System, paths: Record<string, string>): Promise<void> {
  const cookie = await sessionCookie(system)
  for (const path of Object.values(paths)) {
    const answer = await fetch(`${system.url}${path}`, { headers: path === '/sign-in' ? {} : { cookie } })
    if (answer.status !== 200 || answer.redirected)
      throw new Error(`${path} was answered ${answer.status} ${answer.url}`)
    await answer.text()
  }
}

async function sessionCookie({ url, email, password }: System): Promise<string> {
  const asked = await fetch(`${url}/api/auth/csrf`)
  const { csrfToken } = (await asked.json()) as { csrfToken: string }
  const answer = await fetch(`${url}/api/auth/callback/password`, {
    method: 'POST',
    headers: { cookie: cookiesOf(asked), origin: new URL(url).origin },
    body: new URLSearchParams({ csrfToken, email, password, json: 'true' }),
    redirect: 'manual',
  })
  const cookie = cookiesOf(answer)
  if (!cookie.includes('session')) throw new Error(`Signing in was answered ${answer.status}`)
  return cookie
}

const cookiesOf = (answer: Response) =>
  answer.headers
    .getSetCookie()
    .map((text) => text.split(';')[0])
    .join('; ')
