export type BareBox = { host: string; pythonPort: number; token: string }

/** Runs a script by a POST straight to a box's runtime; `onOutput` gets the bytes of its frames as they arrive. */
export async function runDirectly(box: BareBox, script: string, onOutput: (text: string) => void): Promise<void> {
  const form = new FormData()
  form.append('script', new Blob([script]), 'main.py')
  form.append('env', `LAGER_PROCESS_ID=${crypto.randomUUID()}`)
  form.append('env', 'BENCH=1')
  const headers = { authorization: `Bearer ${box.token}` }
  const response = await fetch(`http://${box.host}:${box.pythonPort}/python`, { method: 'POST', headers, body: form })
  const decoder = new TextDecoder()
  for await (const chunk of response.body ?? []) onOutput(decoder.decode(chunk, { stream: true }))
}
