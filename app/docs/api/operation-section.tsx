import type { ReactNode } from 'react'
import { CodeBlock } from './code-block'
import { curlOf } from './curl'
import { FieldList } from './field-list'
import { Method, Path } from './method'
import type { Answer, Content, Operation } from './reference'
import { Inline, RichText } from './rich-text'
import type { Field } from './schema-fields'

/** An example of no more lines is shown at once. */
const SHORT_LINES = 12

const namesOf = (fields: Field[]) => fields.map(({ name }) => name).join(', ')

/** Everything about one operation. @param url where the API is reached, without /api/v1 */
export function OperationSection({ operation, url }: { operation: Operation; url: string }) {
  const { id, method, path, summary, description, parameters, body, answers, errors, isOpen } = operation
  return (
    <section
      id={id}
      aria-labelledby={`${id}-title`}
      className="scroll-mt-4 rounded-lg border border-line bg-surface px-4 py-4 target:border-accent sm:px-5"
    >
      <h3 id={`${id}-title`} className="text-base font-semibold">
        <a href={`#${id}`} className="text-ink wrap-anywhere">
          {summary}
        </a>
      </h3>
      <p className="mt-1 flex flex-wrap items-baseline gap-x-2">
        <Method method={method} />
        <code className="wrap-anywhere">
          <Path path={`/api/v1${path}`} />
        </code>
        {isOpen && <span className="text-xs text-muted">for everybody, without a token</span>}
      </p>
      <div className="mt-3 grid grid-cols-[minmax(0,1fr)] gap-x-8 gap-y-5 xl:grid-cols-[minmax(0,1fr)_minmax(0,1fr)]">
        <div className="flex min-w-0 flex-col gap-5">
          {description && (
            <div className="flex max-w-prose flex-col gap-2">
              <RichText text={description} />
            </div>
          )}
          {parameters.map(({ where, fields }) => (
            <Part key={where} title={where}>
              <FieldList fields={fields} side="request" />
            </Part>
          ))}
          {body && (
            <Part title={body.required ? 'Body' : 'Body, may be left out'}>
              {body.contents.map((content) => (
                <Body key={content.type} content={content} />
              ))}
            </Part>
          )}
        </div>
        <div className="flex min-w-0 flex-col gap-5">
          <CodeBlock title="curl" what={`the command: ${summary}`} text={curlOf(operation.command, url)} />
          <Part title="Answers">
            {answers.map((answer) => (
              <GoodAnswer key={answer.status} answer={answer} />
            ))}
          </Part>
          {errors.length > 0 && (
            <Part title="Errors">
              <ul className="flex flex-col gap-1">
                {errors.map((error) => (
                  <ErrorRow key={error.status} error={error} />
                ))}
              </ul>
            </Part>
          )}
        </div>
      </div>
    </section>
  )
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <h4 className="mb-2 text-xs font-semibold tracking-wide text-muted uppercase">{title}</h4>
      {children}
    </div>
  )
}

function Body({ content: { type, fields } }: { content: Content }) {
  if (fields.length === 0) return <p className="text-xs text-muted">{type}: the bytes as they are</p>
  if (type === 'application/json') return <FieldList fields={fields} side="request" />
  return (
    <details className="mt-3 border-t border-line pt-2">
      <summary className="text-xs text-muted">or as {type}</summary>
      <div className="pt-2">
        <FieldList fields={fields} side="request" />
      </div>
    </details>
  )
}

function GoodAnswer({ answer: { status, description, headers, contents } }: { answer: Answer }) {
  return (
    <div className="flex flex-col gap-2 not-first:mt-4">
      <p>
        <Status status={status} /> <Inline text={description} />
      </p>
      {headers.length > 0 && (
        <Folded title={`Headers: ${namesOf(headers)}`}>
          <FieldList fields={headers} side="answer" />
        </Folded>
      )}
      {contents.map(({ type, schemaType, fields, example }) => (
        <div key={type} className="flex flex-col gap-2">
          {fields.length > 0 ? (
            <Folded title={`Fields: ${schemaType === 'object' ? namesOf(fields) : schemaType}`}>
              <FieldList fields={fields} side="answer" />
            </Folded>
          ) : (
            <p className="text-xs text-muted">{type}</p>
          )}
          {example !== undefined && (
            <Folded title="Example" open={example.split('\n').length <= SHORT_LINES}>
              <pre className="font-mono text-xs leading-relaxed whitespace-pre-wrap wrap-anywhere">{example}</pre>
            </Folded>
          )}
        </div>
      ))}
    </div>
  )
}

function Folded({ title, open, children }: { title: string; open?: boolean; children: ReactNode }) {
  return (
    <details open={open} className="rounded-md border border-line">
      <summary className="px-3 py-1.5 text-xs text-muted hover:text-ink">{title}</summary>
      <div className="border-t border-line px-3 py-2">{children}</div>
    </details>
  )
}

function ErrorRow({ error: { status, description, headers } }: { error: Answer }) {
  return (
    <li className="flex gap-2">
      <Status status={status} />
      <span className="min-w-0 wrap-anywhere">
        <Inline text={description} />
        {headers.length > 0 && <span className="text-muted"> With {namesOf(headers)}.</span>}
      </span>
    </li>
  )
}

function Status({ status }: { status: string }) {
  const tone = Number(status) < 400 ? 'text-good' : 'text-bad'
  return <code className={`shrink-0 font-semibold ${tone}`}>{status}</code>
}
