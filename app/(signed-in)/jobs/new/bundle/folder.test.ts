import { expect, test } from 'vitest'
import { fromFile, fromFolderInput } from './folder'

/** A file as a folder dialog lists it. */
function listed(webkitRelativePath: string): File {
  const file = new File(['x'], webkitRelativePath.split('/').at(-1) ?? '')
  return Object.defineProperty(file, 'webkitRelativePath', { value: webkitRelativePath })
}

test('a chosen folder gives its files by their paths in it, without what no job needs', () => {
  const paths = [
    ...['rig/main.py', 'rig/pkg/a.py', 'rig/.gitignore', 'rig/git/x'],
    ...['rig/.git/config', 'rig/pkg/__pycache__/a.pyc', 'rig/web/node_modules/left/pad.js'],
  ]
  const picked = fromFolderInput(paths.map(listed))
  expect(picked).toMatchObject({ kind: 'folder', name: 'rig', leftOut: ['.git', '__pycache__', 'node_modules'] })
  expect(picked.kind === 'folder' && picked.files.map(({ path }) => path)).toEqual([
    'main.py',
    'pkg/a.py',
    '.gitignore',
    'git/x',
  ])
})

test('a zip is taken as it is, any other file is a bundle of one', () => {
  expect(fromFile(new File(['PK'], 'Rig.ZIP'))).toMatchObject({ kind: 'zip', name: 'Rig.ZIP' })
  expect(fromFile(new File(['x'], 'main.py'))).toMatchObject({ kind: 'folder', files: [{ path: 'main.py' }] })
})
