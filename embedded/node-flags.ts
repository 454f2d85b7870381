/** How Node is started for web and worker. V8 by itself lets the young generation of each grow to 134 MB, of which a rate of lines showed no gain. */
export const HEAP_FLAGS = ['--max-semi-space-size=16']
