import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, test } from 'vitest'

const FILES = ['README.md', ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))]
const LINK = /\]\(([^)\s]+)\)|(?:src|srcset)="([^"]+)"/g

/** The name by which a heading is linked to, as GitHub makes it. */
function slug(heading: string): string {
  const words = heading.replace(/[^\p{L}\p{N}\s_-]/gu, '')
  return words.trim().toLowerCase().replace(/\s/g, '-')
}

/** Links of a file to others of the project, and to headings in them, that lead nowhere. */
function broken(file: string): string[] {
  const text = readFileSync(file, 'utf8').replace(/^```[\s\S]*?^```/gm, '')
  const links = [...text.matchAll(LINK)].map(([, link, source]) => link ?? source ?? '')
  return links.filter((link) => {
    if (/^[a-z]+:/.test(link)) return false
    const [name = '', anchor] = link.split('#')
    const target = name ? path.join(path.dirname(file), name) : file
    if (!existsSync(target)) return true
    const headings = anchor ? [...readFileSync(target, 'utf8').matchAll(/^#+ (.+)$/gm)] : []
    return anchor !== undefined && !headings.some(([, heading = '']) => slug(heading) === anchor)
  })
}

test.each(FILES)('%s links to what there is', (file) => {
  expect(broken(file)).toEqual([])
})

test('finds links, and those that lead nowhere', () => {
  expect(readFileSync('README.md', 'utf8').match(LINK)?.length).toBeGreaterThan(20)
  expect(slug('What is kept, and for how long')).toBe('what-is-kept-and-for-how-long')
})
