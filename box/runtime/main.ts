import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { startBox } from './box'
import { type BoxConfig, parseBoxConfig } from './config'
import type { Log } from './context'

const USAGE = 'Usage: box --config box.json'

const log: Log = ({ msg, ...rest }) => {
  process.stdout.write(`${JSON.stringify({ time: new Date().toISOString(), msg, ...rest })}\n`)
}

function refuse(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(2)
}

function readConfig(): BoxConfig {
  try {
    const { values } = parseArgs({ options: { config: { type: 'string' } } })
    if (values.config === undefined) return refuse(USAGE)
    return parseBoxConfig(JSON.parse(readFileSync(values.config, 'utf8')))
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error))
  }
}

async function main(): Promise<void> {
  const config = readConfig()
  const box = await startBox(config, { log })
  log({ msg: 'box listens', boxId: config.boxId, pythonUrl: box.pythonUrl, httpUrl: box.httpUrl })
  const stop = (signalName: string) => {
    log({ msg: 'box stops', signal: signalName })
    box.close().then(
      () => process.exit(0),
      (error) => refuse(String(error)),
    )
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

main().catch((error) => refuse(error instanceof Error ? error.message : String(error)))
