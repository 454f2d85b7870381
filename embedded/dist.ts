/**
 * `npm run build`: what a deployment starts, in `dist/`: the web application as Next built it (`next`, for STOUT_NEXT_DIR), the
 * worker, the object store, and the programs that migrate and let people in. Beside it they need `box/supervisor`, next.config.mjs,
 * package.json and the packages that are no development ones (deploy/Dockerfile).
 */
import { rmSync } from 'node:fs'
import path from 'node:path'
import { build } from './build'
import { copyTree } from './copy-tree'

const { nextDir } = await build()
const target = path.join('dist', 'next')
rmSync(target, { recursive: true, force: true })
copyTree(nextDir, target)
console.log('Built dist/next, dist/worker.mjs, dist/store.mjs, dist/migrate.mjs and dist/person.mjs.')
