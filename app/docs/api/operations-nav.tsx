import { Method, Path } from './method'
import type { Group } from './reference'

/** The ways to all operations. Beside them where there is room, else folded above them. */
export function OperationsNav({ groups }: { groups: Group[] }) {
  return (
    <>
      <details className="rounded-lg border border-line bg-surface px-4 py-2.5 lg:hidden">
        <summary className="font-medium">Operations</summary>
        <nav aria-label="Operations" className="pt-3">
          <Links groups={groups} />
        </nav>
      </details>
      <nav
        aria-label="Operations"
        className="sticky top-0 hidden max-h-dvh w-80 shrink-0 self-start overflow-y-auto py-5 pr-2 lg:block"
      >
        <Links groups={groups} />
      </nav>
    </>
  )
}

function Links({ groups }: { groups: Group[] }) {
  return (
    <ul className="flex flex-col gap-4">
      {groups.map(({ name, operations }) => (
        <li key={name}>
          <a href={`#tag-${name}`} className="font-semibold text-ink capitalize">
            {name}
          </a>
          <ul className="mt-1 flex flex-col">
            {operations.map(({ id, method, path, summary }) => (
              <li key={id}>
                <a
                  href={`#${id}`}
                  title={summary}
                  className="flex items-baseline gap-2 rounded px-1.5 py-1 text-ink hover:bg-sunken hover:no-underline"
                >
                  <Method method={method} className="w-12 shrink-0 text-[0.6875rem]" />
                  <code className="min-w-0 text-xs wrap-anywhere">
                    <Path path={path} />
                  </code>
                </a>
              </li>
            ))}
          </ul>
        </li>
      ))}
      <li>
        <a href="#errors" className="font-semibold text-ink">
          Errors
        </a>
      </li>
    </ul>
  )
}
