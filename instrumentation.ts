/** Called once when the server starts. What needs Node stands in a file of its own, which other runtimes never load. */
export async function register(): Promise<void> {
  // biome-ignore lint/style/noProcessEnv: Next replaces it while it builds; that is how it tells its runtimes apart
  if (process.env.NEXT_RUNTIME === 'nodejs') (await import('./instrumentation-node')).start()
}
