import type { Metadata } from 'next'
import { web } from '../../../server/compose'
import { openApiDocument } from '../../../server/rest/openapi'
import { Link } from '../../ui/link'
import { Wordmark } from '../../ui/wordmark'
import { CodeBlock } from './code-block'
import { FieldList } from './field-list'
import { OperationSection } from './operation-section'
import { OperationsNav } from './operations-nav'
import { type Group, type Reference, referenceOf } from './reference'
import { Inline, RichText } from './rich-text'

export const metadata: Metadata = { title: 'API reference' }

let made: Reference | undefined

/** The reference of the REST API, made of its OpenAPI document. For everybody, as that document is. */
export default function ApiReferencePage() {
  made ??= referenceOf(openApiDocument())
  const { description, groups, error } = made
  const { publicUrl } = web()
  return (
    <>
      <a
        href="#content"
        className="fixed top-2 left-2 z-50 -translate-y-20 rounded-md bg-accent px-3 py-1.5 font-medium text-on-accent focus:translate-y-0"
      >
        Skip to content
      </a>
      <header className="border-b border-line bg-surface">
        <div className="mx-auto flex max-w-[110rem] flex-wrap items-center gap-x-6 gap-y-1 px-4 py-2 sm:px-6">
          <Link href="/" className="py-1 hover:no-underline" aria-label="Stout">
            <Wordmark />
          </Link>
          <span className="font-medium">API reference</span>
          <a href="/api/v1/openapi.json" className="ml-auto">
            openapi.json
          </a>
        </div>
      </header>
      <div className="mx-auto flex w-full max-w-[110rem] flex-1 flex-col gap-x-8 px-4 pt-4 sm:px-6 lg:flex-row lg:pt-0">
        <OperationsNav groups={groups} />
        <main id="content" tabIndex={-1} className="flex min-w-0 flex-1 flex-col gap-8 py-5 outline-none">
          <Intro description={description} url={publicUrl} />
          {groups.map((group) => (
            <GroupSection key={group.name} group={group} url={publicUrl} />
          ))}
          <section id="errors" aria-labelledby="errors-title" className="scroll-mt-4">
            <h2 id="errors-title" className="mb-3 text-lg font-semibold">
              Errors
            </h2>
            <div className="rounded-lg border border-line bg-surface px-4 py-4 sm:px-5">
              <FieldList fields={error.fields} side="answer" />
              {error.example !== undefined && (
                <pre className="mt-3 rounded-md border border-line px-3 py-2 font-mono text-xs leading-relaxed whitespace-pre-wrap wrap-anywhere">
                  {error.example}
                </pre>
              )}
            </div>
          </section>
        </main>
      </div>
    </>
  )
}

function Intro({ description, url }: { description: string; url: string }) {
  return (
    <section aria-labelledby="title" className="flex flex-col gap-3">
      <h1 id="title" className="text-xl font-semibold tracking-tight">
        API reference
      </h1>
      <div className="flex max-w-[75ch] flex-col gap-2">
        <RichText text={description} />
        <p>
          Make a token on the page{' '}
          <Link href="/account" className="underline">
            Account
          </Link>
          . The commands below take it from <code>$TOKEN</code>; <Inline text="`docs/api.md` in the source of Stout" />{' '}
          leads through them, from the first job to its files.
        </p>
      </div>
      <div className="max-w-[75ch]">
        <CodeBlock
          title="bash"
          what="the way in"
          text={`TOKEN=stout_…\ncurl -H "Authorization: Bearer $TOKEN" "${url}/api/v1/jobs"`}
        />
      </div>
    </section>
  )
}

function GroupSection({ group: { name, description, operations }, url }: { group: Group; url: string }) {
  const id = `tag-${name}`
  return (
    <section id={id} aria-labelledby={`${id}-title`} className="flex scroll-mt-4 flex-col gap-4">
      <div>
        <h2 id={`${id}-title`} className="text-lg font-semibold capitalize">
          {name}
        </h2>
        <p className="text-muted">{description}</p>
      </div>
      {operations.map((operation) => (
        <OperationSection key={operation.id} operation={operation} url={url} />
      ))}
    </section>
  )
}
