'use client'

import './globals.css'
import { Button } from './ui/button'
import { Empty } from './ui/empty'

/** The last resort: the frame of the pages itself failed. */
export default function GlobalError({ retry }: { error: unknown; retry: () => void }) {
  return (
    <html lang="en">
      <body className="flex min-h-dvh flex-col justify-center font-sans">
        <title>Error · Stout</title>
        <main role="alert">
          <h1 className="sr-only">Error</h1>
          <Empty
            title="Stout could not show this page"
            action={
              <Button look="primary" onClick={retry}>
                Try again
              </Button>
            }
          >
            Its database may be away. Jobs go on without it; what they print is kept on the boxes meanwhile.
          </Empty>
        </main>
      </body>
    </html>
  )
}
